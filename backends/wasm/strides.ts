/** Shapes as the kernels see them: axes with an extent and a stride in each of two arrays, as few as possible. */

import type { Shape } from '../../src/array/host.ts';

/** A tensor's place: row-major float32 values at a byte address. */
export interface View {
  readonly shape: Shape;
  readonly address: number;
}

export interface Axis {
  readonly extent: number;
  /** Elements between neighbours in A and in B. */
  readonly a: number;
  readonly b: number;
}

/** Merges neighbouring axes that both arrays pass through evenly and leaves out those of extent 1; at least one stays. */
export function mergeAxes(shape: Shape, a: readonly number[], b: readonly number[]): Axis[] {
  const axes: Axis[] = [];
  for (let i = 0; i < shape.length; i++) {
    const axis = { extent: shape[i], a: a[i], b: b[i] };
    const before = axes.at(-1);
    if (axis.extent === 1) continue;
    if (before !== undefined && before.a === axis.a * axis.extent && before.b === axis.b * axis.extent) {
      axes[axes.length - 1] = { extent: before.extent * axis.extent, a: axis.a, b: axis.b };
    } else {
      axes.push(axis);
    }
  }
  return axes.length > 0 ? axes : [{ extent: 1, a: 1, b: 1 }];
}

/** The extents before, at and after `axis`, as in (outer, extent, inner). */
export function around(shape: Shape, axis: number): [outer: number, extent: number, inner: number] {
  let [outer, inner] = [1, 1];
  for (let i = 0; i < axis; i++) outer *= shape[i];
  for (let i = axis + 1; i < shape.length; i++) inner *= shape[i];
  return [outer, shape[axis], inner];
}
