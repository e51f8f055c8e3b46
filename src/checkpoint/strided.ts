/**
 * Elements of a strided view in row-major order: element (i₀, i₁, …) lies at offset + Σ iₐ·strideₐ.
 * A dense view is one range of the file; others are gathered from the shortest range that holds them.
 */

import { sizeOf } from '../array/host.ts';
import type { ElementType } from '../io/element-type.ts';
import { ELEMENT_SIZES } from '../io/element-type.ts';
import type { TorchTensor } from './torch-values.ts';

/** Bytes [start, start + length) of the storage's record. */
export type ReadRecord = (start: number, length: number) => Promise<Uint8Array>;

/** The bytes of a tensor, row-major. */
export async function readView(tensor: TorchTensor, read: ReadRecord): Promise<Uint8Array> {
  const { storage, shape, stride } = tensor;
  const bytes = ELEMENT_SIZES[storage.type];
  const size = sizeOf(shape);
  if (size === 0) return new Uint8Array(0);
  const first = storage.start + tensor.offset;
  const span = shape.reduce((sum, extent, axis) => sum + (extent - 1) * stride[axis], 1);
  const range = await read(first * bytes, span * bytes);
  const values = isDense(tensor) ? range : gather(range, shape, stride, bytes);
  return tensor.negated ? negated(values, storage.type) : values;
}

/** −x: of floats the sign bit is turned, integers become their two's complement. */
function negated(values: Uint8Array, type: ElementType): Uint8Array {
  const width = ELEMENT_SIZES[type];
  const result = values.slice();
  for (let at = 0; at < result.length; at += width) {
    if (/float/.test(type)) result[at + width - 1] = result[at + width - 1] ^ 0x80;
    else negateInteger(result, at, at + width);
  }
  return result;
}

/** ~x + 1, from the lowest byte on. */
function negateInteger(bytes: Uint8Array, start: number, end: number): void {
  let carry = 1;
  for (let i = start; i < end; i++) {
    const sum = (~bytes[i] & 0xff) + carry;
    bytes[i] = sum;
    carry = sum >> 8;
  }
}

function isDense({ shape, stride }: TorchTensor): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && stride[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

function gather(range: Uint8Array, shape: readonly number[], stride: readonly number[], bytes: number): Uint8Array {
  const size = sizeOf(shape);
  const result = new Uint8Array(size * bytes);
  const index = shape.map(() => 0);
  let at = 0; // of the element `index`, in elements
  for (let i = 0; i < size; i++) {
    for (let byte = 0; byte < bytes; byte++) result[i * bytes + byte] = range[at * bytes + byte]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = index[axis] + 1;
      at += stride[axis];
      if (index[axis] < shape[axis]) break;
      at -= index[axis] * stride[axis];
      index[axis] = 0;
    }
  }
  return result;
}
