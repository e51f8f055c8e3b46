/** Shapes as kernels see them: axes with an extent and a stride in each array, as few as possible. */

import type { Shape } from '../array/host.ts';
import { sizeOf } from '../array/host.ts';

export interface Axis {
  readonly extent: number;
  /** Elements between neighbours, for each of the arrays walked in step. */
  readonly strides: readonly number[];
}

/** Row-major strides. */
export function stridesOf(shape: Shape): number[] {
  const strides: number[] = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** Strides that read `from` as if it had the shape `to`: 0 along repeated axes, aligned at the end. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const strides: number[] = new Array<number>(to.length).fill(0);
  const missing = to.length - from.length;
  let stride = 1;
  for (let axis = from.length - 1; axis >= 0; axis--) {
    if (from[axis] !== 1) strides[axis + missing] = stride;
    stride *= from[axis];
  }
  return strides;
}

/** Merges neighbouring axes that all arrays pass through evenly; leaves out those of extent 1. */
export function mergeAxes(shape: Shape, ...strides: readonly (readonly number[])[]): Axis[] {
  const axes: Axis[] = [];
  for (const [i, extent] of shape.entries()) {
    const axis = { extent, strides: strides.map((of) => of[i]) };
    const before = axes.at(-1);
    if (extent === 1) continue;
    if (before !== undefined && before.strides.every((stride, array) => stride === axis.strides[array] * extent)) {
      axes[axes.length - 1] = { ...axis, extent: before.extent * extent };
    } else {
      axes.push(axis);
    }
  }
  return axes;
}

/** The extents before, at and after `axis`, as in (outer, extent, inner). */
export function around(shape: Shape, axis: number): [outer: number, extent: number, inner: number] {
  return [sizeOf(shape.slice(0, axis)), shape[axis], sizeOf(shape.slice(axis + 1))];
}

/**
 * Arguments for a kernel that unrolls `count` axes from the last: extent, then strides, of each; 1 and 0 where there
 * is none.
 */
export function unrolled(axes: readonly Axis[], count: number, arrays: number): number[] {
  const none = { extent: 1, strides: new Array<number>(arrays).fill(0) };
  return Array.from({ length: count }, (_, i) => axes.at(-1 - i) ?? none).flatMap(({ extent, strides }) => [extent, ...strides]);
}
