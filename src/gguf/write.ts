/** Writes GGUF files (format.ts) in chunks, so that one tensor at a time is in memory. */

import { blockBytes } from '../array/block-matrix.ts';
import { floatToBfloat, floatToHalf } from '../array/half.ts';
import type { Shape } from '../array/host.ts';
import { rowMajor, sizeOf } from '../array/host.ts';
import type { StoredValues } from '../array/stored.ts';
import { isBlocks, isHalf } from '../array/stored.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import type { GgufType } from './format.ts';
import { ALIGNMENT, MAGIC, MAX_RANK, TENSOR_TYPES, VALUE_TYPES, VERSION } from './format.ts';
import { alignUp } from './read.ts';

/** Texts, truth values, numbers (uint32 if they are whole and not negative, else float32), and lists of one kind. */
export type NoteToWrite = string | boolean | number | readonly string[] | readonly number[] | Float32Array | Int32Array;

export interface GgufTensorToWrite {
  readonly key: string;
  readonly shape: Shape;
  readonly type: GgufType;
  /** Asked for once, when its turn comes: of the type already, or float32. */
  readonly values: () => Promise<StoredValues>;
}

/**
 * The bytes of a file, in order; to be written by writeFileAtomic.
 * @throws ArgumentError if a key comes twice or a tensor has more axes than the format knows. @throws ShapeError if values do
 *   not have the announced form.
 */
export async function* ggufChunks(
  tensors: readonly GgufTensorToWrite[], notes: ReadonlyMap<string, NoteToWrite>,
): AsyncGenerator<Uint8Array> {
  const header = headerOf(tensors, notes);
  yield header;
  for (const { key, shape, type, values } of tensors) {
    const bytes = bytesOf(type, await values());
    const expected = tensorBytes(type, shape);
    if (bytes.length !== expected) throw new ShapeError(key, `${expected} bytes of ${type}`, `${bytes.length} bytes`);
    yield bytes;
    const padding = alignUp(bytes.length, ALIGNMENT) - bytes.length;
    if (padding > 0) yield new Uint8Array(padding);
  }
}

function bytesOf(type: GgufType, values: StoredValues): Uint8Array {
  if (isBlocks(values)) return values.type === type ? values.blocks : mismatch(type, values.type);
  if (isHalf(values)) return values.type === type ? bytesIn(values.bits) : mismatch(type, values.type);
  const numbers = rowMajor(values);
  if (type === 'f32') return bytesIn(numbers);
  if (type === 'f16') return bytesIn(floatToHalf(numbers));
  return type === 'bf16' ? bytesIn(floatToBfloat(numbers)) : mismatch(type, 'f32');
}

function mismatch(expected: GgufType, got: string): never {
  throw new ArgumentError('values', expected, got);
}

function bytesIn({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function tensorBytes(type: GgufType, shape: Shape): number {
  if (type === 'f32') return sizeOf(shape) * 4;
  return type === 'f16' || type === 'bf16' ? sizeOf(shape) * 2 : blockBytes(type, shape);
}

function headerOf(tensors: readonly GgufTensorToWrite[], notes: ReadonlyMap<string, NoteToWrite>): Uint8Array {
  const out = new Bytes();
  out.uint32(MAGIC);
  out.uint32(VERSION);
  out.uint64(tensors.length);
  out.uint64(notes.size);
  for (const [key, value] of notes) {
    out.text(key);
    writeNote(out, value);
  }
  const seen = new Set<string>();
  let at = 0;
  for (const { key, shape, type } of tensors) {
    if (seen.has(key)) throw new ArgumentError('tensors', 'every key once', key);
    if (shape.length > MAX_RANK) throw new ArgumentError(key, `at most ${MAX_RANK} axes`, shape);
    seen.add(key);
    out.text(key);
    out.uint32(shape.length);
    for (const extent of shape.toReversed()) out.uint64(extent);
    out.uint32([...TENSOR_TYPES].find(([, name]) => name === type)![0]);
    out.uint64(at);
    at = alignUp(at + tensorBytes(type, shape), ALIGNMENT);
  }
  return out.padded(ALIGNMENT);
}

function writeNote(out: Bytes, value: NoteToWrite): void {
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') {
    const type = typeOf(value);
    out.uint32(VALUE_TYPES.indexOf(type));
    writeScalar(out, type, value);
    return;
  }
  const type = value instanceof Float32Array ? 'float32' : value instanceof Int32Array ? 'int32' : listType(value);
  out.uint32(VALUE_TYPES.indexOf('array'));
  out.uint32(VALUE_TYPES.indexOf(type));
  out.uint64(value.length);
  for (const item of value) writeScalar(out, type, item);
}

type ScalarType = 'string' | 'bool' | 'uint32' | 'int32' | 'float32';

function typeOf(value: string | boolean | number): ScalarType {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  return Number.isInteger(value) && value >= 0 && value < 2 ** 32 ? 'uint32' : 'float32';
}

function listType(items: readonly (string | number)[]): ScalarType {
  const types = items.map(typeOf);
  return types.includes('float32') ? 'float32' : (types[0] ?? 'uint32');
}

function writeScalar(out: Bytes, type: ScalarType, value: string | boolean | number): void {
  if (typeof value === 'string') out.text(value);
  else if (type === 'bool') out.byte(Number(value));
  else if (type === 'float32') out.float32(Number(value));
  else out.uint32(Number(value));
}

/** Bytes that grow. */
class Bytes {
  private bytes = new Uint8Array(4096);
  private view = new DataView(this.bytes.buffer);
  private length = 0;

  byte(value: number): void {
    const at = this.room(1);
    this.view.setUint8(at, value);
  }

  uint32(value: number): void {
    const at = this.room(4);
    this.view.setUint32(at, value, true);
  }

  float32(value: number): void {
    const at = this.room(4);
    this.view.setFloat32(at, value, true);
  }

  uint64(value: number): void {
    const at = this.room(8);
    this.view.setBigUint64(at, BigInt(value), true);
  }

  text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.uint64(bytes.length);
    const at = this.room(bytes.length);
    this.bytes.set(bytes, at);
  }

  padded(alignment: number): Uint8Array {
    this.room(alignUp(this.length, alignment) - this.length);
    return this.bytes.subarray(0, this.length);
  }

  /** Where the next bytes go. It may move them all, so it is called before they are looked at. */
  private room(length: number): number {
    const start = this.length;
    this.length += length;
    if (this.length > this.bytes.length) {
      const larger = new Uint8Array(2 ** Math.ceil(Math.log2(this.length)));
      larger.set(this.bytes);
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    return start;
  }
}
