/**
 * Shape rules of the operations that compute: each checks its arguments and returns the shape of the result.
 * Every backend uses them, so that all of them accept and refuse the same. Rules of data movement: shapes-move.ts.
 *
 * All throw {@link ShapeError}, naming operation and argument.
 */

import type { Shape } from '../array/host.ts';
import { sameShape } from '../array/host.ts';
import { ArgumentError, ShapeError } from '../errors.ts';

/** Anything that has a shape: a tensor or a plain array of numbers. */
export interface Shaped {
  readonly shape: Shape;
}

/** The part of `MatmulOptions` that the shape depends on. */
export interface MatmulShapes {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly bias?: Shaped;
}

/** NumPy broadcasting: shapes aligned at the end; extents equal or one of them 1. */
export function broadcastShape(operation: string, a: Shaped, b: Shaped): Shape {
  if (sameShape(a.shape, b.shape)) return a.shape;
  const rank = Math.max(a.shape.length, b.shape.length);
  const shape: number[] = [];
  for (let axis = -rank; axis < 0; axis++) {
    const left = a.shape[a.shape.length + axis] ?? 1;
    const right = b.shape[b.shape.length + axis] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new ShapeError(`${operation} b`, `a shape that broadcasts with ${text(a.shape)}`, b.shape);
    }
    shape.push(left === 1 ? right : left);
  }
  return shape;
}

/** (…, M, K) × (…, K, N) → (…, M, N), each maybe stored transposed; leading axes equal, or `b` a matrix. */
export function matmulShape(a: Shaped, b: Shaped, options: MatmulShapes = {}): Shape {
  const [leadA, rowsA, columnsA] = matrixOf('matmul a', a.shape);
  const [leadB, rowsB, columnsB] = matrixOf('matmul b', b.shape);
  const [m, k] = options.transposeA === true ? [columnsA, rowsA] : [rowsA, columnsA];
  const [kOfB, n] = options.transposeB === true ? [columnsB, rowsB] : [rowsB, columnsB];
  if (leadB.length > 0 && !sameShape(leadA, leadB)) {
    throw new ShapeError('matmul b', `a matrix or leading axes ${text(leadA)} as in a ${text(a.shape)}`, b.shape);
  }
  if (k !== kOfB) {
    const stored = `${options.transposeA ? ', a transposed' : ''}${options.transposeB ? ', b transposed' : ''}`;
    throw new ShapeError('matmul b', `inner extent ${k} as in a ${text(a.shape)}${stored}`, b.shape);
  }
  if (options.bias !== undefined) expectShape('matmul bias', options.bias, [n]);
  return [...leadA, m, n];
}

/** (B, C, T, H, W) * (O, C, kt, kh, kw) → (B, O, T−kt+1, H, W); kh and kw odd, so that zeros surround evenly. */
export function conv3dShape(x: Shaped, weight: Shaped, bias?: Shaped): Shape {
  const [batch, channels, frames, height, width] = ranked('conv3d x', x.shape, '(B, C, T, H, W)', 5) as Five;
  const kernel = ranked('conv3d weight', weight.shape, '(O, C, kt, kh, kw)', 5) as Five;
  const [outputs, channelsOfWeight, kt, kh, kw] = kernel;
  if (channelsOfWeight !== channels) {
    throw new ShapeError('conv3d weight', `${channels} input channels as in x ${text(x.shape)}`, weight.shape);
  }
  if (kt < 1 || kh % 2 === 0 || kw % 2 === 0) {
    throw new ShapeError('conv3d weight', 'kt at least 1, kh and kw odd', weight.shape);
  }
  if (frames < kt) throw new ShapeError('conv3d x', `at least ${kt} frames, the extent of the kernel in time`, x.shape);
  if (bias !== undefined) expectShape('conv3d bias', bias, [outputs]);
  return [batch, outputs, frames - kt + 1, height, width];
}

/** x (B, C, T, H, W), gradient (B, O, T−kt+1, H, W) → (O, C, kt, kh, kw). */
export function conv3dWeightGradientShape(x: Shaped, gradient: Shaped, kernel: readonly [number, number, number]): Shape {
  const [, channels] = ranked('conv3dWeightGradient x', x.shape, '(B, C, T, H, W)', 5);
  const [, outputs] = ranked('conv3dWeightGradient gradient', gradient.shape, '(B, O, T, H, W)', 5);
  const weight = [outputs, channels, ...kernel];
  const expected = conv3dShape(x, { shape: weight });
  if (!sameShape(gradient.shape, expected)) {
    throw new ShapeError('conv3dWeightGradient gradient', `${text(expected)} for x ${text(x.shape)}`, gradient.shape);
  }
  return weight;
}

/** x and the gradient of what was made of it, of one shape. */
export function gradientShape(operation: string, x: Shaped, gradient: Shaped): Shape {
  expectShape(`${operation} gradient`, gradient, x.shape);
  return x.shape;
}

/** q (B, H, L, D), k and v (B, KV, S, D), H a multiple of KV; mask (L, S). */
export function attentionShape(q: Shaped, k: Shaped, v: Shaped, mask?: Shaped): Shape {
  const [batch, heads, length, width] = ranked('attention q', q.shape, '(B, H, L, D)', 4);
  const [, groups, keys] = ranked('attention k', k.shape, '(B, KV, S, D)', 4);
  if (heads % groups !== 0) throw new ShapeError('attention q', `a multiple of ${groups} heads`, q.shape);
  expectShape('attention k', k, [batch, groups, keys, width]);
  expectShape('attention v', v, k.shape);
  if (mask !== undefined) expectShape('attention mask', mask, [length, keys]);
  return q.shape;
}

/** Softmax runs over the last axis, so there must be one. */
export function softmaxShape(x: Shaped): Shape {
  if (x.shape.length === 0) throw new ShapeError('softmax x', 'at least one axis', x.shape);
  return x.shape;
}

/** The summed axes stay with extent 1. */
export function sumShape(x: Shaped, axes: readonly number[]): Shape {
  axes.forEach((axis) => checkAxis('sum axes', x.shape, axis));
  if (new Set(axes).size !== axes.length) throw new ArgumentError('sum axes', 'different axes', axes);
  return x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
}

/** x (…, C), weight (C). */
export function rmsNormShape(x: Shaped, weight: Shaped): Shape {
  if (x.shape.length === 0) throw new ShapeError('rmsNorm x', 'at least one axis', x.shape);
  expectShape('rmsNorm weight', weight, x.shape.slice(-1));
  return x.shape;
}

/** Any x; gain (extent of `axis`). */
export function l2NormalizeShape(x: Shaped, axis: number, gain?: Shaped): Shape {
  checkAxis('l2Normalize axis', x.shape, axis);
  if (gain !== undefined) expectShape('l2Normalize gain', gain, [x.shape[axis]]);
  return x.shape;
}

/** x (…, L, D), D even; rope (2, L, D/2). */
export function rotaryShape(x: Shaped, rope: Shaped): Shape {
  const [, length, width] = matrixOf('rotary x', x.shape);
  if (width % 2 !== 0) throw new ShapeError('rotary x', 'an even last extent', x.shape);
  expectShape('rotary rope', rope, [2, length, width / 2]);
  return x.shape;
}

/** @throws ArgumentError unless `axis` is one of the shape's, counted from 0. */
export function checkAxis(argument: string, shape: Shape, axis: number): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length) {
    throw new ArgumentError(argument, `an axis of ${text(shape)}, from 0`, axis);
  }
}

/** The shape, if it has as many axes as `axes` names. */
export function ranked(argument: string, shape: Shape, axes: string, rank: number): Shape {
  if (shape.length !== rank) throw new ShapeError(argument, axes, shape);
  return shape;
}

export function text(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

type Five = readonly [number, number, number, number, number];

function expectShape(argument: string, x: Shaped, shape: Shape): void {
  if (!sameShape(x.shape, shape)) throw new ShapeError(argument, text(shape), x.shape);
}

function matrixOf(argument: string, shape: Shape): [lead: Shape, rows: number, columns: number] {
  if (shape.length < 2) throw new ShapeError(argument, 'at least two axes', shape);
  return [shape.slice(0, -2), shape.at(-2)!, shape.at(-1)!];
}
