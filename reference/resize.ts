/**
 * Resizes the last three axes of (B, C, D, H, W); half-pixel centres (align_corners = false).
 *
 * All modes are separable: along each axis, an output is a weighted mean of a window of neighbouring inputs.
 *
 *   nearest    input ⌊i · n / m⌋ (n inputs, m outputs)
 *   area       the mean of inputs ⌊i · n / m⌋ … ⌈(i + 1) · n / m⌉ − 1: adaptive average pooling
 *   trilinear  between the two inputs around (i + ½) · n / m − ½, which counts as 0 where it is negative
 *
 * Source: torch.nn.functional.interpolate.
 * @throws ShapeError
 */

import { sizeOf } from '../src/array/host.ts';
import type { ResizeMode } from '../src/backend/backend.ts';
import { resizeGradientShape, resizeShape } from '../src/backend/shapes-move.ts';
import type { Dense } from './dense.ts';
import { around } from './dense.ts';

interface Window {
  readonly start: number;
  readonly weights: readonly number[];
}

/** The inputs, of n, that output i of m is made of. */
const WINDOWS: Readonly<Record<ResizeMode, (i: number, n: number, m: number) => Window>> = {
  nearest(i, n, m) {
    // Single precision decides where i · n / m falls just beside an integer.
    const source = n === m ? i : Math.floor(Math.fround(i * Math.fround(n / m)));
    return { start: Math.min(source, n - 1), weights: [1] };
  },
  area(i, n, m) {
    const start = Math.floor((i * n) / m);
    const count = Math.ceil(((i + 1) * n) / m) - start;
    return { start, weights: Array.from({ length: count }, () => 1 / count) };
  },
  trilinear(i, n, m) {
    const source = Math.max(((i + 0.5) * n) / m - 0.5, 0);
    const start = Math.min(Math.floor(source), n - 1);
    const share = source - start;
    return start === n - 1 ? { start, weights: [1] } : { start, weights: [1 - share, share] };
  },
};

export function resize(x: Dense, size: readonly [number, number, number], mode: ResizeMode): Dense {
  const shape = resizeShape(x, size);
  let current = { shape: x.shape, values: Float64Array.from(x.values) };
  for (const axis of [2, 3, 4]) current = resizeAxis(current, axis, shape[axis], mode);
  return { shape, values: Float32Array.from(current.values) };
}

/**
 * The transpose: every value of the gradient goes back to the inputs of its window, with the same weights.
 *
 * @throws ShapeError
 */
export function resizeGradient(gradient: Dense, size: readonly [number, number, number], mode: ResizeMode): Dense {
  const shape = resizeGradientShape(gradient, size);
  let current = { shape: gradient.shape, values: Float64Array.from(gradient.values) };
  for (const axis of [2, 3, 4]) current = spreadAxis(current, axis, shape[axis], mode);
  return { shape, values: Float32Array.from(current.values) };
}

interface Doubles {
  readonly shape: readonly number[];
  readonly values: Float64Array<ArrayBuffer>;
}

function resizeAxis(x: Doubles, axis: number, outputs: number, mode: ResizeMode): Doubles {
  const [outer, inputs, inner] = around(x.shape, axis);
  if (inputs === outputs) return x;
  const shape = x.shape.with(axis, outputs);
  const values = new Float64Array(sizeOf(shape));
  const windows = Array.from({ length: outputs }, (_, i) => WINDOWS[mode](i, inputs, outputs));
  for (let o = 0; o < outer; o++) {
    for (const [i, { start, weights }] of windows.entries()) {
      const to = (o * outputs + i) * inner;
      for (const [w, weight] of weights.entries()) {
        const from = (o * inputs + start + w) * inner;
        for (let n = 0; n < inner; n++) values[to + n] = values[to + n] + weight * x.values[from + n];
      }
    }
  }
  return { shape, values };
}

function spreadAxis(gradient: Doubles, axis: number, inputs: number, mode: ResizeMode): Doubles {
  const [outer, outputs, inner] = around(gradient.shape, axis);
  if (inputs === outputs) return gradient;
  const shape = gradient.shape.with(axis, inputs);
  const values = new Float64Array(sizeOf(shape));
  const windows = Array.from({ length: outputs }, (_, i) => WINDOWS[mode](i, inputs, outputs));
  for (let o = 0; o < outer; o++) {
    for (const [i, { start, weights }] of windows.entries()) {
      const from = (o * outputs + i) * inner;
      for (const [w, weight] of weights.entries()) {
        const to = (o * inputs + start + w) * inner;
        for (let n = 0; n < inner; n++) values[to + n] = values[to + n] + weight * gradient.values[from + n];
      }
    }
  }
  return { shape, values };
}
