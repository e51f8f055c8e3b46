/**
 * Host tensors: plain memory on the JavaScript side of a backend, as `ndarray`s.
 *
 * Conventions (channels first, see docs/architecture.md): videos (B, 3, T, H, W) in [-1, 1], features
 * and codes (B, C, t, h, w), tokens (B, L, C), bits (B, t, h, w, d).
 */

import ndarray from 'ndarray';
import type { NdArray } from 'ndarray';
import { ShapeError } from '../errors.ts';

export type Shape = readonly number[];

/** Real values: inputs, weights and results. */
export type HostTensor = NdArray<Float32Array>;

/** The types of values that files hold. */
export type HostArray = NdArray<Float32Array> | NdArray<Int32Array> | NdArray<Uint8Array>;

/** Bit labels, one byte each, 0 or 1. */
export type HostBits = NdArray<Uint8Array>;

/** Number of elements of a shape; 1 for the empty shape. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let axis = 0; axis < shape.length; axis++) size *= shape[axis];
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}

/**
 * Wraps row-major values; nothing is copied.
 * @throws ShapeError if the number of values is not the product of the shape.
 */
export function hostTensor<D extends Float32Array | Uint8Array | Int32Array>(values: D, shape: Shape): NdArray<D> {
  if (values.length !== sizeOf(shape)) {
    throw new ShapeError('values', `${sizeOf(shape)} values for shape [${shape.join(', ')}]`, `${values.length} values`);
  }
  return ndarray<D>(values, [...shape]);
}

/** Zeros of a shape. */
export function hostZeros(shape: Shape): HostTensor {
  return hostTensor(new Float32Array(sizeOf(shape)), shape);
}

/** The values in row-major order: the data itself where it is already so, else a copy. */
export function rowMajor<D extends Float32Array | Uint8Array | Int32Array>(x: NdArray<D>): D;
export function rowMajor(x: HostArray): Float32Array | Uint8Array | Int32Array;
export function rowMajor<D extends Float32Array | Uint8Array | Int32Array>(x: NdArray<D>): D {
  const size = sizeOf(x.shape);
  if (x.offset === 0 && x.data.length === size && isRowMajor(x.shape, x.stride)) return x.data;
  const values = new (x.data.constructor as new (length: number) => D)(size);
  const index = x.shape.map(() => 0);
  for (let i = 0; i < size; i++) {
    values[i] = x.get(...index);
    for (let axis = index.length - 1; axis >= 0; axis--) {
      index[axis] = index[axis] + 1;
      if (index[axis] < x.shape[axis]) break;
      index[axis] = 0;
    }
  }
  return values;
}

function isRowMajor(shape: Shape, stride: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && stride[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}
