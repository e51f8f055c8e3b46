/**
 * Elements of a strided view in row-major order: element (i₀, i₁, …) lies at offset + Σ iₐ·strideₐ.
 * A dense view is one range of the file; others are gathered from the shortest range that holds them.
 */

import { sizeOf } from '../array/host.ts';
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
  return isDense(tensor) ? range : gather(range, shape, stride, bytes);
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
