/**
 * Shape rules of the operations that move or resample data; see shapes.ts.
 *
 * All throw ShapeError or ArgumentError, naming operation and argument.
 */

import type { Shape } from '../array/host.ts';
import { sizeOf } from '../array/host.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import type { Shaped } from './shapes.ts';
import { checkAxis, ranked, text } from './shapes.ts';

/** The same number of elements. */
export function reshapeShape(x: Shaped, shape: Shape): Shape {
  checkExtents('reshape shape', shape);
  if (sizeOf(shape) !== sizeOf(x.shape)) {
    throw new ShapeError('reshape shape', `${sizeOf(x.shape)} elements as in ${text(x.shape)}`, shape);
  }
  return [...shape];
}

/** Axis i of the result is axis axes[i] of x. */
export function permuteShape(x: Shaped, axes: readonly number[]): Shape {
  axes.forEach((axis) => checkAxis('permute axes', x.shape, axis));
  if (axes.length !== x.shape.length || new Set(axes).size !== axes.length) {
    throw new ArgumentError('permute axes', `every axis of ${text(x.shape)} once`, axes);
  }
  return axes.map((axis) => x.shape[axis]);
}

/** Equal shapes but for `axis`, whose extents add up. */
export function concatShape(xs: readonly Shaped[], axis: number): Shape {
  const [first] = xs;
  if (first === undefined) throw new ArgumentError('concat xs', 'at least one tensor', xs);
  checkAxis('concat axis', first.shape, axis);
  for (const [i, x] of xs.entries()) {
    const fits = x.shape.length === first.shape.length && x.shape.every((n, j) => j === axis || n === first.shape[j]);
    if (!fits) throw new ShapeError(`concat xs[${i}]`, `${text(first.shape)} but for axis ${axis}`, x.shape);
  }
  return first.shape.map((extent, j) => (j === axis ? xs.reduce((total, x) => total + x.shape[axis], 0) : extent));
}

/** Indices start ≤ i < end of `axis`. */
export function sliceShape(x: Shaped, axis: number, start: number, end: number): Shape {
  checkAxis('slice axis', x.shape, axis);
  const extent = x.shape[axis];
  if (!Number.isInteger(start) || start < 0 || start > extent) {
    throw new ArgumentError('slice start', `0 to ${extent}, the extent of axis ${axis} of ${text(x.shape)}`, start);
  }
  if (!Number.isInteger(end) || end < start || end > extent) {
    throw new ArgumentError('slice end', `${start} to ${extent} for axis ${axis} of ${text(x.shape)}`, end);
  }
  return x.shape.map((n, j) => (j === axis ? end - start : n));
}

/** As many axes as x has; those of extent 1 may change. */
export function expandShape(x: Shaped, shape: Shape): Shape {
  checkExtents('expand shape', shape);
  const fits = (extent: number, axis: number): boolean => extent === 1 || extent === shape[axis];
  if (shape.length !== x.shape.length || !x.shape.every(fits)) {
    throw new ShapeError('expand shape', `${text(x.shape)} but for extents 1`, shape);
  }
  return [...shape];
}

/** (N, C) → (rows.length, C). */
export function takeShape(x: Shaped, rows: Int32Array): Shape {
  const [count, width] = ranked('take x', x.shape, '(N, C)', 2) as readonly [number, number];
  const wrong = rows.find((row) => row < 0 || row >= count);
  if (wrong !== undefined) throw new ArgumentError('take rows', `rows of ${text(x.shape)}`, wrong);
  return [rows.length, width];
}

/** (B, C, D, H, W) → (B, C, …size); an empty axis stays empty, for it has nothing to resample. */
export function resizeShape(x: Shaped, size: readonly [number, number, number]): Shape {
  ranked('resize x', x.shape, '(B, C, D, H, W)', 5);
  checkExtents('resize size', size);
  size.forEach((extent, i) => {
    if (extent > 0 && x.shape[i + 2] === 0) throw new ShapeError('resize x', 'extents above 0 to resize', x.shape);
  });
  return [...x.shape.slice(0, 2), ...size];
}

/** (B, C, d, h, w) → (B, C, …size): the shape of the x whose `resize` has the gradient's shape. */
export function resizeGradientShape(gradient: Shaped, size: readonly [number, number, number]): Shape {
  ranked('resizeGradient gradient', gradient.shape, '(B, C, d, h, w)', 5);
  checkExtents('resizeGradient size', size);
  size.forEach((extent, i) => {
    if (extent > 0 || gradient.shape[i + 2] === 0) return;
    throw new ShapeError('resizeGradient size', 'extents above 0, as the gradient has', size);
  });
  return [...gradient.shape.slice(0, 2), ...size];
}

function checkExtents(argument: string, shape: Shape): void {
  if (!shape.every((extent) => Number.isInteger(extent) && extent >= 0)) {
    throw new ShapeError(argument, 'integers from 0', shape);
  }
}
