/**
 * Opens GGUF files (format.ts): the header is read and checked against the file's size before anything is allocated, tensors
 * are read one by one, in the form in which they are stored.
 */

import { BLOCK_FORMATS, blockBytes, fitsBlocks } from '../array/block-matrix.ts';
import type { Shape } from '../array/host.ts';
import { hostTensor, sizeOf } from '../array/host.ts';
import type { StoredValues } from '../array/stored.ts';
import { widened } from '../array/stored.ts';
import { FileError, WeightError } from '../errors.ts';
import type { ByteSource } from '../io/byte-source.ts';
import type { TensorFile } from '../io/tensor-file.ts';
import { Cursor, HeaderEnds } from './cursor.ts';
import type { GgufType, GgufValue } from './format.ts';
import { ALIGNMENT, MAGIC, MAX_RANK, OTHER_TYPES, TENSOR_TYPES, VERSION } from './format.ts';

/** A header with the vocabulary of a text encoder has 1 to 10 MB. */
const MAX_HEADER = 2 ** 26;
const FIRST_READ = 2 ** 16;
const MAX_ENTRIES = 2 ** 16;

export interface GgufEntry {
  readonly type: GgufType;
  readonly shape: Shape;
  /** Bytes in the file. */
  readonly start: number;
  readonly end: number;
}

export interface GgufFile extends TensorFile {
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly entries: ReadonlyMap<string, GgufEntry>;
}

/** Whether the first bytes of a file are GGUF's. */
export function isGguf(start: Uint8Array): boolean {
  return start.length >= 4 && new DataView(start.buffer, start.byteOffset).getUint32(0, true) === MAGIC;
}

/**
 * Reads and checks the header. The file owns `source` from now on, also if this fails.
 * @throws FileError if the file is truncated, damaged, dishonest, or holds a type that is not read here.
 */
export async function openGguf(source: ByteSource): Promise<GgufFile> {
  try {
    const { metadata, entries } = await readHeader(source);
    const entry = (key: string): GgufEntry => {
      const found = entries.get(key);
      if (found === undefined) throw new WeightError(key, 'missing');
      return found;
    };
    const stored = async (key: string): Promise<StoredValues> => {
      const { type, shape, start, end } = entry(key);
      return valuesOf(type, shape, await source.read(start, end - start));
    };
    return {
      name: source.name,
      metadata,
      entries,
      shapes: new Map([...entries].map(([key, { shape }]) => [key, shape])),
      stored,
      tensor: async (key) => widened(await stored(key)),
      storedBytes: (key) => entry(key).end - entry(key).start,
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

function valuesOf(type: GgufType, shape: Shape, bytes: Uint8Array): StoredValues {
  // A copy where needed: typed arrays must be aligned. (All machines that run JavaScript are little endian.)
  const { buffer, byteOffset } = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  if (type === 'f32') return hostTensor(new Float32Array(buffer, byteOffset, sizeOf(shape)), shape);
  if (type === 'f16' || type === 'bf16') return { type, bits: new Uint16Array(buffer, byteOffset, sizeOf(shape)), shape };
  return { type, blocks: bytes, shape };
}

interface Header {
  readonly metadata: Map<string, GgufValue>;
  readonly entries: Map<string, GgufEntry>;
}

/** Reads more of the file until the header is whole. */
async function readHeader(source: ByteSource): Promise<Header> {
  for (let length = FIRST_READ; ; length *= 4) {
    const bytes = await source.read(0, Math.min(length, MAX_HEADER, source.size));
    try {
      return parseHeader(bytes, source);
    } catch (error) {
      if (!(error instanceof HeaderEnds)) throw error;
      if (bytes.length === source.size) throw new FileError(source.name, 'is truncated inside its GGUF header');
      if (bytes.length === MAX_HEADER) throw new FileError(source.name, `is damaged: a GGUF header of over ${MAX_HEADER} bytes`);
    }
  }
}

function parseHeader(bytes: Uint8Array, { name, size }: ByteSource): Header {
  const cursor = new Cursor(bytes, name);
  if (cursor.uint32() !== MAGIC) throw new FileError(name, 'is no GGUF file');
  const version = cursor.uint32();
  if (version !== VERSION && version !== 2) throw new FileError(name, `is GGUF of version ${version}; ${VERSION} is read`);
  const tensors = cursor.count(24, MAX_ENTRIES, 'tensors');
  const notes = cursor.count(13, MAX_ENTRIES, 'notes');
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < notes; i++) {
    const key = cursor.text('a key');
    if (metadata.has(key)) throw new FileError(name, `is damaged: the note '${key}' comes twice`);
    metadata.set(key, cursor.value(key));
  }
  const descriptions = new Map<string, Description>();
  for (let i = 0; i < tensors; i++) {
    const key = cursor.text('the name of a tensor');
    if (descriptions.has(key)) throw new FileError(name, `is damaged: the tensor '${key}' comes twice`);
    descriptions.set(key, describe(cursor, `${name}: ${key}`));
  }
  const start = alignUp(cursor.at, alignmentOf(metadata, name));
  return { metadata, entries: placed(descriptions, start, alignmentOf(metadata, name), name, size) };
}

interface Description {
  readonly type: GgufType;
  readonly shape: Shape;
  readonly bytes: number;
  readonly offset: bigint;
}

function describe(cursor: Cursor, where: string): Description {
  const rank = cursor.uint32();
  if (rank > MAX_RANK) throw new FileError(where, `has ${rank} axes; a GGUF tensor has ${MAX_RANK} at most`);
  const shape: number[] = [];
  let size = 1n;
  for (let axis = 0; axis < rank; axis++) {
    const extent = cursor.uint64();
    size *= extent;
    if (extent > 2n ** 40n || size > 2n ** 40n) throw new FileError(where, 'has an absurd shape');
    shape.unshift(Number(extent));
  }
  const number = cursor.uint32();
  const offset = cursor.uint64();
  const type = TENSOR_TYPES.get(number);
  if (type === undefined) {
    throw new FileError(where, `is of type ${OTHER_TYPES.get(number) ?? number}; ${[...TENSOR_TYPES.values()].join(', ')} are read`);
  }
  return { type, shape, bytes: bytesOf(type, shape, where), offset };
}

function bytesOf(type: GgufType, shape: Shape, where: string): number {
  if (type === 'f32') return sizeOf(shape) * 4;
  if (type === 'f16' || type === 'bf16') return sizeOf(shape) * 2;
  if (!fitsBlocks(type, shape)) {
    throw new FileError(where, `is no matrix of ${type}: its rows are not multiples of ${BLOCK_FORMATS[type].weights}`);
  }
  return blockBytes(type, shape);
}

/** Where the tensors lie: inside the file, aligned, none over another. */
function placed(
  descriptions: ReadonlyMap<string, Description>, start: number, alignment: number, name: string, size: number,
): Map<string, GgufEntry> {
  const entries = new Map<string, GgufEntry>();
  for (const [key, { type, shape, bytes, offset }] of descriptions) {
    const begin = start + Number(offset);
    if (offset % BigInt(alignment) !== 0n) throw new FileError(`${name}: ${key}`, `begins at ${offset}, no multiple of ${alignment}`);
    if (begin + bytes > size) throw new FileError(`${name}: ${key}`, `is truncated: it would end at ${begin + bytes} of ${size} bytes`);
    entries.set(key, { type, shape, start: begin, end: begin + bytes });
  }
  let end = 0;
  for (const [key, entry] of [...entries].sort(([, a], [, b]) => a.start - b.start || a.end - b.end)) {
    if (entry.start < end) throw new FileError(name, `is damaged: overlapping data before '${key}'`);
    end = entry.end;
  }
  return entries;
}

function alignmentOf(metadata: ReadonlyMap<string, GgufValue>, name: string): number {
  const value = metadata.get('general.alignment') ?? ALIGNMENT;
  if (typeof value !== 'number' || !Number.isInteger(Math.log2(value)) || value < 1 || value > 65536) {
    throw new FileError(name, 'is damaged: general.alignment is no power of two');
  }
  return value;
}

export function alignUp(at: number, alignment: number): number {
  return Math.ceil(at / alignment) * alignment;
}
