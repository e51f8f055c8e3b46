/**
 * Sums, norms and softmax over one axis of (outer, extent, inner): first one number a row, then every element by it.
 *
 *   sum      Σₙ x[n]
 *   softmax  exp(x[i] − max x) / Σₙ exp(x[n] − max x)
 *   rmsNorm  x · 1 / √(mean(x²) + ε) · weight
 *   l2       x / max(‖x‖₂, 1e-12) · gain
 */

import type { This } from './kernel.ts';
import { kernel } from './kernel.ts';

function total(this: This, x: number[], size: number, extent: number, inner: number): number {
  if (this.thread.x >= size) return 0;
  const outer = quotient(this.thread.x, inner);
  const first = outer * extent * inner + this.thread.x - outer * inner;
  let sum = 0;
  for (let n = 0; n < extent; n++) sum += x[first + n * inner];
  return sum;
}

function largest(this: This, x: number[], size: number, extent: number): number {
  if (this.thread.x >= size) return 0;
  let value = x[this.thread.x * extent];
  for (let n = 1; n < extent; n++) value = Math.max(value, x[this.thread.x * extent + n]);
  return value;
}

function totalOfExponentials(this: This, x: number[], top: number[], size: number, extent: number): number {
  if (this.thread.x >= size) return 0;
  let sum = 0;
  for (let n = 0; n < extent; n++) sum += Math.exp(x[this.thread.x * extent + n] - top[this.thread.x]);
  return sum;
}

function share(this: This, x: number[], top: number[], sum: number[], size: number, extent: number): number {
  if (this.thread.x >= size) return 0;
  const row = quotient(this.thread.x, extent);
  return Math.exp(x[this.thread.x] - top[row]) / sum[row];
}

/** 1 / √(mean(x²) + ε) of every row. */
function rootMeanSquare(this: This, x: number[], size: number, extent: number, epsilon: number): number {
  if (this.thread.x >= size) return 0;
  let squares = 0;
  for (let n = 0; n < extent; n++) squares += x[this.thread.x * extent + n] * x[this.thread.x * extent + n];
  return 1 / Math.sqrt(squares / extent + epsilon);
}

function scaledRow(this: This, x: number[], scale: number[], weight: number[], size: number, extent: number): number {
  if (this.thread.x >= size) return 0;
  const row = quotient(this.thread.x, extent);
  return x[this.thread.x] * scale[row] * weight[this.thread.x - row * extent];
}

/** The largest |x| of every row, at least 1e-12: squares of what is divided by it can neither overflow nor vanish. */
function largestMagnitude(this: This, x: number[], size: number, extent: number, inner: number): number {
  if (this.thread.x >= size) return 0;
  const outer = quotient(this.thread.x, inner);
  const first = outer * extent * inner + this.thread.x - outer * inner;
  let value = 0.000000000001;
  for (let n = 0; n < extent; n++) value = Math.max(value, Math.abs(x[first + n * inner]));
  return value;
}

/** max(‖x‖₂, 1e-12), given the largest magnitudes m: ‖x‖ = m ‖x / m‖. */
function euclidean(this: This, x: number[], top: number[], size: number, extent: number, inner: number): number {
  if (this.thread.x >= size) return 0;
  const outer = quotient(this.thread.x, inner);
  const first = outer * extent * inner + this.thread.x - outer * inner;
  const m = top[this.thread.x];
  let squares = 0;
  for (let n = 0; n < extent; n++) {
    const v = x[first + n * inner] / m;
    squares += v * v;
  }
  return Math.max(m * Math.sqrt(squares), 0.000000000001);
}

/** gain[n · step]: step 0 reads one number for all. */
function divided(
  this: This, x: number[], norm: number[], gain: number[], size: number, extent: number, inner: number, step: number,
): number {
  if (this.thread.x >= size) return 0;
  const row = quotient(this.thread.x, inner);
  const outer = quotient(row, extent);
  return x[this.thread.x] / norm[outer * inner + this.thread.x - row * inner] * gain[(row - outer * extent) * step];
}

export const SUM = kernel('sum', total, 1);
export const ROW_MAX = kernel('softmax', largest, 1);
export const ROW_EXPONENTIALS = kernel('softmax', totalOfExponentials, 2);
export const SOFTMAX = kernel('softmax', share, 3);
export const ROW_RMS = kernel('rmsNorm', rootMeanSquare, 1, 1);
export const RMS_NORM = kernel('rmsNorm', scaledRow, 3);
export const ROW_MAGNITUDE = kernel('l2Normalize', largestMagnitude, 1);
export const ROW_NORM = kernel('l2Normalize', euclidean, 2);
export const L2_NORMALIZE = kernel('l2Normalize', divided, 3);
