/** Writes safetensors files (see safetensors.ts) in chunks, so that one tensor at a time is in memory. */

import type { HostTensor, Shape } from '../array/host.ts';
import { rowMajor, sameShape, sizeOf } from '../array/host.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { floatToBfloat, floatToHalf } from '../array/half.ts';

export type FloatType = 'F32' | 'F16' | 'BF16';

export interface TensorToWrite {
  readonly key: string;
  readonly shape: Shape;
  readonly dtype: FloatType;
  /** Asked for once, when its turn comes. Bytes are of the type already, row-major. */
  readonly values: () => HostTensor | Promise<HostTensor | Uint8Array>;
}

/** From here on a type rounds to infinity. */
const BEYOND: Readonly<Record<FloatType, number>> = { F32: Infinity, F16: 65520, BF16: 3.3961775292304597e38 };

/** How many finite values a type cannot hold, and the size of the largest. */
export function beyond(dtype: FloatType, values: Float32Array): { readonly count: number; readonly largest: number } {
  let [count, largest] = [0, 0];
  for (const value of values) {
    const size = Math.abs(value);
    if (!(size >= BEYOND[dtype]) || size === Infinity) continue;
    count += 1;
    largest = Math.max(largest, size);
  }
  return { count, largest };
}

/**
 * The bytes of a file, in order; to be written by writeFileAtomic. Narrower types round to nearest, ties to even.
 * @throws ArgumentError if a key comes twice. @throws ShapeError if values do not have the announced shape.
 */
export async function* safetensorsChunks(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = {},
): AsyncGenerator<Uint8Array> {
  yield headerOf(tensors, metadata);
  for (const { key, shape, dtype, values } of tensors) {
    const tensor = await values();
    if (tensor instanceof Uint8Array) {
      const expected = sizeOf(shape) * bytesOf(dtype);
      if (tensor.length !== expected) throw new ShapeError(key, `${expected} bytes`, `${tensor.length} bytes`);
      yield tensor;
      continue;
    }
    if (!sameShape(tensor.shape, shape)) throw new ShapeError(key, `shape [${shape.join(', ')}]`, [...tensor.shape]);
    const numbers = narrowTo(dtype, rowMajor(tensor));
    yield new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  }
}

function headerOf(tensors: readonly TensorToWrite[], metadata: Readonly<Record<string, string>>): Uint8Array {
  const entries = new Map<string, object>();
  if (Object.keys(metadata).length > 0) entries.set('__metadata__', metadata);
  let at = 0;
  for (const { key, shape, dtype } of tensors) {
    if (entries.has(key) || key === '__metadata__') throw new ArgumentError('tensors', 'every key once', key);
    const end = at + sizeOf(shape) * bytesOf(dtype);
    entries.set(key, { dtype, shape, data_offsets: [at, end] });
    at = end;
  }
  // Not Object.fromEntries and one stringify: objects would move keys that are numbers to the front.
  const text = [...entries].map(([key, entry]) => `${JSON.stringify(key)}:${JSON.stringify(entry)}`).join(',');
  const json = new TextEncoder().encode(`{${text}}`);
  // Padded with spaces, so that the data begins at a multiple of eight.
  const padded = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(padded.buffer).setBigUint64(0, BigInt(padded.length - 8), true);
  padded.set(json, 8);
  return padded;
}

function bytesOf(dtype: FloatType): number {
  return dtype === 'F32' ? 4 : 2;
}

function narrowTo(dtype: FloatType, values: Float32Array): Float32Array | Uint16Array {
  if (dtype === 'F32') return values;
  return dtype === 'F16' ? floatToHalf(values) : floatToBfloat(values);
}
