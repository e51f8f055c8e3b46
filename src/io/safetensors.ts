/**
 * safetensors files: 8 bytes of header length (little endian), a JSON header
 * {"name": {"dtype", "shape", "data_offsets": [begin, end]}, …, "__metadata__": {text: text}}, then the data,
 * which the tensors fill without overlap or hole. Format: huggingface/safetensors README.
 *
 * Everything is checked against the file's size before anything is allocated; tensors are read one by one.
 */

import type { HalfTensor } from '../array/half-tensor.ts';
import type { HostTensor, Shape } from '../array/host.ts';
import { hostTensor, sizeOf } from '../array/host.ts';
import { widened } from '../array/stored.ts';
import { FileError, WeightError } from '../errors.ts';
import { MOST_AXES } from './memory-budget.ts';
import type { ByteSource } from './byte-source.ts';
import { parseStrictJson } from './strict-json.ts';
import type { TensorFile } from './tensor-file.ts';

/** The format's own limit. */
const MAX_HEADER = 100_000_000;

/** Bytes of an element. */
const TYPE_SIZES: ReadonlyMap<string, number> = new Map([
  ['BOOL', 1], ['U8', 1], ['I8', 1], ['F8_E5M2', 1], ['F8_E4M3', 1], ['I16', 2], ['U16', 2], ['F16', 2], ['BF16', 2],
  ['I32', 4], ['U32', 4], ['F32', 4], ['F64', 8], ['I64', 8], ['U64', 8],
]);

export interface SafetensorsEntry {
  readonly dtype: string;
  readonly shape: Shape;
  /** Bytes in the file. */
  readonly start: number;
  readonly end: number;
}

export interface SafetensorsFile extends TensorFile {
  readonly metadata: ReadonlyMap<string, string>;
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  /** The bytes of a tensor of any type. @throws WeightError if there is none of this key. */
  bytes(key: string): Promise<Uint8Array>;
}

/**
 * Reads and checks the header. The file owns `source` from now on, also if this fails.
 * @throws FileError if the file is truncated, damaged or dishonest.
 */
export async function openSafetensors(source: ByteSource): Promise<SafetensorsFile> {
  try {
    const { entries, metadata } = await readHeader(source);
    const bytes = async (key: string) => {
      const entry = entryOf(entries, key);
      return source.read(entry.start, entry.end - entry.start);
    };
    return {
      name: source.name,
      metadata,
      entries,
      shapes: new Map([...entries].map(([key, { shape }]) => [key, shape])),
      bytes,
      tensor: async (key) => widened(toFloats(await bytes(key), entryOf(entries, key), `${source.name}: ${key}`)),
      stored: async (key) => toFloats(await bytes(key), entryOf(entries, key), `${source.name}: ${key}`),
      storedBytes: (key) => {
        const { dtype, shape } = entryOf(entries, key);
        return sizeOf(shape) * (dtype.endsWith('F16') ? 2 : 4);
      },
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

function entryOf(entries: ReadonlyMap<string, SafetensorsEntry>, key: string): SafetensorsEntry {
  const entry = entries.get(key);
  if (entry === undefined) throw new WeightError(key, 'missing');
  return entry;
}

function toFloats(bytes: Uint8Array, { dtype, shape }: SafetensorsEntry, where: string): HostTensor | HalfTensor {
  // A copy where needed: typed arrays must be aligned. (All machines that run JavaScript are little endian.)
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
  switch (dtype) {
    case 'F32':
      return hostTensor(new Float32Array(buffer, byteOffset, byteLength / 4), shape);
    case 'F64':
      return hostTensor(Float32Array.from(new Float64Array(buffer, byteOffset, byteLength / 8)), shape);
    case 'F16':
      return { type: 'f16', bits: new Uint16Array(buffer, byteOffset, byteLength / 2), shape };
    case 'BF16':
      return { type: 'bf16', bits: new Uint16Array(buffer, byteOffset, byteLength / 2), shape };
    default:
      throw new FileError(where, `is of type ${dtype}; a floating-point tensor (F64, F32, F16, BF16) is needed`);
  }
}

interface Header {
  readonly entries: Map<string, SafetensorsEntry>;
  readonly metadata: Map<string, string>;
}

async function readHeader(source: ByteSource): Promise<Header> {
  const { name, size } = source;
  if (size < 8) throw new FileError(name, 'is truncated: shorter than a safetensors header');
  const lengthBytes = await source.read(0, 8);
  const length = new DataView(lengthBytes.buffer, lengthBytes.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER) throw new FileError(name, `is damaged: a safetensors header of ${length} bytes`);
  if (Number(length) > size - 8) throw new FileError(name, 'is truncated inside its safetensors header');
  const start = 8 + Number(length);
  const header = await source.read(8, Number(length));
  if (header[0] !== 0x7b) throw new FileError(name, 'is damaged: the safetensors header does not begin with {');
  const parsed = Object.entries(parseStrictJson(header, name) as object) as [string, unknown][];
  const metadata = new Map<string, string>();
  const entries = new Map<string, SafetensorsEntry>();
  for (const [key, value] of parsed) {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      throw new FileError(name, `is damaged: the entry '${key}' is not an object`);
    }
    if (key === '__metadata__') {
      for (const [label, text] of Object.entries(value) as [string, unknown][]) {
        if (typeof text !== 'string') throw new FileError(name, `is damaged: the metadata '${label}' is not text`);
        metadata.set(label, text);
      }
    } else {
      entries.set(key, checkEntry(value, start, size, `${name}: ${key}`));
    }
  }
  checkCoverage(name, entries, start, size);
  return { entries, metadata };
}

function checkEntry(value: object, start: number, size: number, where: string): SafetensorsEntry {
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;
  const elementSize = typeof dtype === 'string' ? TYPE_SIZES.get(dtype) : undefined;
  if (typeof dtype !== 'string' || elementSize === undefined) throw new FileError(where, 'has an unknown dtype');
  if (!isIntegers(shape)) throw new FileError(where, 'has a shape that is not a list of sizes');
  if (shape.length > MOST_AXES) throw new FileError(where, `has ${shape.length} axes; at most ${MOST_AXES} are read`);
  if (!isIntegers(offsets) || offsets.length !== 2) throw new FileError(where, 'has data_offsets that are no pair');
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > size - start) throw new FileError(where, `has data_offsets ${begin}, ${end} off the file`);
  // Checked after every factor: beyond 2⁵³ products are no longer exact.
  let bytes = elementSize;
  for (const extent of shape) {
    bytes *= extent;
    if (!Number.isSafeInteger(bytes)) throw new FileError(where, 'has an absurd shape');
  }
  if (bytes !== end - begin) throw new FileError(where, `has ${end - begin} bytes; its shape asks for ${bytes}`);
  return { dtype, shape, start: start + begin, end: start + end };
}

/** The tensors, sorted by place, must follow each other from the first byte of the data to the last. */
function checkCoverage(name: string, entries: Header['entries'], start: number, size: number): void {
  let at = start;
  for (const [key, entry] of [...entries].sort(([, a], [, b]) => a.start - b.start || a.end - b.end)) {
    if (entry.start !== at) {
      throw new FileError(name, `is damaged: ${entry.start < at ? 'overlapping data' : 'a hole'} before '${key}'`);
    }
    at = entry.end;
  }
  if (at !== size) throw new FileError(name, `is damaged: ${size - at} bytes after the last tensor`);
}

function isIntegers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
}
