/**
 * 3-D convolution, stride 1, zeros around space and none in time, and the gradient of its weight:
 *
 *   y[b, o, t, i, j] = bias[o] + Σ over c, dt, di, dj of
 *     weight[o, c, dt, di, dj] · x[b, c, t + dt, i + di − ⌊kh/2⌋, j + dj − ⌊kw/2⌋]
 *   w[o, c, dt, di, dj] = Σ over b, t, i, j of
 *     gradient[b, o, t, i, j] · x[b, c, t + dt, i + di − ⌊kh/2⌋, j + dj − ⌊kw/2⌋]
 *
 * Sums are sums of partial sums, which in single precision lose less.
 */

import type { This } from './kernel.ts';
import { kernel } from './kernel.ts';

/** Zeros around every frame (height, width) of x, to (rows, columns): the taps of a kernel then need no conditions. */
function padded(
  this: This, x: number[], size: number, height: number, width: number, rows: number, columns: number,
  down: number, right: number,
): number {
  if (this.thread.x >= size) return 0;
  const row = quotient(this.thread.x, columns);
  const frame = quotient(row, rows);
  const i = row - frame * rows - down;
  const j = this.thread.x - row * columns - right;
  let value = 0;
  if (i >= 0 && i < height && j >= 0 && j < width) value = x[(frame * height + i) * width + j];
  return value;
}

/** x (B, C, T, rows, columns), padded; y (B, O, T', H, W); weight (O, C, kt, kh, kw); biasStep 0 reads one 0 for all. */
function convolution(
  this: This, x: number[], weight: number[], bias: number[], size: number, outputs: number, frames: number,
  height: number, width: number, channels: number, framesIn: number, kt: number, kh: number, kw: number, biasStep: number,
): number {
  if (this.thread.x >= size) return 0;
  const row = quotient(this.thread.x, width);
  const plane = quotient(row, height);
  const channel = quotient(plane, frames);
  const batch = quotient(channel, outputs);
  const o = channel - batch * outputs;
  const columns = width + kw - 1;
  const area = (height + kh - 1) * columns;
  const first = (batch * channels * framesIn + plane - channel * frames) * area
    + (row - plane * height) * columns + this.thread.x - row * width;
  let tap = o * channels * kt * kh * kw;
  let sum = bias[o * biasStep];
  let own = channels; // none beyond the end: lanes of one vector run together, and there returning spares no work
  if (this.thread.x >= size) own = 0;
  for (let c = 0; c < own; c++) {
    let part = 0;
    for (let dt = 0; dt < kt; dt++) {
      for (let di = 0; di < kh; di++) {
        const from = first + (c * framesIn + dt) * area + di * columns;
        for (let dj = 0; dj < kw; dj++) part += weight[tap + dj] * x[from + dj];
        tap += kw;
      }
    }
    sum += part;
  }
  return sum;
}

/** gradient (B, O, T', H, W), x (B, C, T, H, W). */
function weightGradient(
  this: This, x: number[], gradient: number[], size: number, batch: number, outputs: number, frames: number,
  height: number, width: number, channels: number, framesIn: number, kt: number, kh: number, kw: number,
  down: number, right: number,
): number {
  if (this.thread.x >= size) return 0;
  const row = quotient(this.thread.x, kw);
  const dj = this.thread.x - row * kw - right;
  const plane = quotient(row, kh);
  const di = row - plane * kh - down;
  const channel = quotient(plane, kt);
  const dt = plane - channel * kt;
  const o = quotient(channel, channels);
  const c = channel - o * channels;
  let sum = 0;
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < frames; t++) {
      const frameG = ((b * outputs + o) * frames + t) * height;
      const frameX = ((b * channels + c) * framesIn + t + dt) * height;
      for (let i = 0; i < height; i++) {
        const y = i + di;
        if (y >= 0 && y < height) {
          let part = 0;
          for (let j = 0; j < width; j++) {
            const column = j + dj;
            if (column >= 0 && column < width) {
              part += gradient[(frameG + i) * width + j] * x[(frameX + y) * width + column];
            }
          }
          sum += part;
        }
      }
    }
  }
  return sum;
}

export const PAD = kernel('conv3d', padded, 1);
export const CONV3D = kernel('conv3d', convolution, 3);
export const CONV3D_WEIGHT = kernel('conv3dWeightGradient', weightGradient, 2);
