/** Plain row-major arrays and how to walk them: the ground that the operators of this folder stand on. */

import type { Shape } from '../src/array/host.ts';
import { sizeOf } from '../src/array/host.ts';

/** Values in row-major order. */
export interface Dense {
  readonly shape: Shape;
  readonly values: Float32Array;
}

export function zeros(shape: Shape): Dense {
  return { shape, values: new Float32Array(sizeOf(shape)) };
}

/** Row-major strides: how far apart neighbours along each axis lie. */
export function stridesOf(shape: Shape): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * shape[axis + 1];
  return strides;
}

/** Strides that read `from` as if it had the shape `to`: 0 along repeated axes, aligned at the end. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const strides = stridesOf(from);
  const missing = to.length - from.length;
  return to.map((_, axis) => (axis < missing || from[axis - missing] === 1 ? 0 : strides[axis - missing]));
}

/** The extents before, at and after `axis`, as in (outer, extent, inner). */
export function around(shape: Shape, axis: number): [outer: number, extent: number, inner: number] {
  return [sizeOf(shape.slice(0, axis)), shape[axis], sizeOf(shape.slice(axis + 1))];
}

/**
 * Walks two arrays in step, row by row: `visit` gets where a row starts in each, the steps within it and its length.
 * Neighbouring axes that both arrays pass through evenly count as one, so rows are as long as can be.
 */
export function eachRow(
  shape: Shape,
  stridesA: readonly number[],
  stridesB: readonly number[],
  visit: (a: number, b: number, stepA: number, stepB: number, length: number) => void,
): void {
  const axes: { extent: number; a: number; b: number }[] = [];
  for (let axis = 0; axis < shape.length; axis++) {
    const [extent, a, b] = [shape[axis], stridesA[axis], stridesB[axis]];
    const before = axes.at(-1);
    if (extent === 0) return;
    if (extent === 1) continue;
    if (before !== undefined && before.a === a * extent && before.b === b * extent) {
      axes[axes.length - 1] = { extent: before.extent * extent, a, b };
    } else {
      axes.push({ extent, a, b });
    }
  }
  const row = axes.pop() ?? { extent: 1, a: 0, b: 0 };
  const index = axes.map(() => 0);
  let [a, b] = [0, 0];
  for (;;) {
    visit(a, b, row.a, row.b, row.extent);
    let axis = axes.length - 1;
    for (; axis >= 0; axis--) {
      const { extent, a: strideA, b: strideB } = axes[axis];
      index[axis] += 1;
      a += strideA;
      b += strideB;
      if (index[axis] < extent) break;
      index[axis] = 0;
      a -= strideA * extent;
      b -= strideB * extent;
    }
    if (axis < 0) return;
  }
}
