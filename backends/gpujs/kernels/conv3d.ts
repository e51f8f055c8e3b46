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

/** x (B, C, T, H, W), y (B, O, T', H, W), weight (O, C, kt, kh, kw); biasStep 0 reads one 0 for all. */
function convolution(
  this: This, x: number[], weight: number[], bias: number[], size: number, outputs: number, frames: number,
  height: number, width: number, channels: number, framesIn: number, kt: number, kh: number, kw: number,
  down: number, right: number, biasStep: number,
): number {
  if (this.thread.x >= size) return 0;
  const row = quotient(this.thread.x, width);
  const j = this.thread.x - row * width;
  const plane = quotient(row, height);
  const i = row - plane * height;
  const channel = quotient(plane, frames);
  const t = plane - channel * frames;
  const batch = quotient(channel, outputs);
  const o = channel - batch * outputs;
  let sum = bias[o * biasStep];
  for (let c = 0; c < channels; c++) {
    let part = 0;
    for (let dt = 0; dt < kt; dt++) {
      const frame = ((batch * channels + c) * framesIn + t + dt) * height;
      const taps = ((o * channels + c) * kt + dt) * kh;
      for (let di = 0; di < kh; di++) {
        const y = i + di - down;
        if (y >= 0 && y < height) {
          for (let dj = 0; dj < kw; dj++) {
            const column = j + dj - right;
            if (column >= 0 && column < width) {
              part += weight[(taps + di) * kw + dj] * x[(frame + y) * width + column];
            }
          }
        }
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

export const CONV3D = kernel('conv3d', convolution, 3);
export const CONV3D_WEIGHT = kernel('conv3dWeightGradient', weightGradient, 2);
