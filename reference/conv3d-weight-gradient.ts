/**
 * The gradient of a convolution's weight:
 *
 *   w[o, c, dt, di, dj] = Σ over b, t, i, j of gradient[b, o, t, i, j] · x[b, c, t + dt, i + di − ⌊kh/2⌋, j + dj − ⌊kw/2⌋]
 *
 * where x is zero outside its frames. Every element is a sum of products of two runs of rows.
 *
 * @throws ShapeError
 */

import { conv3dWeightGradientShape } from '../src/backend/shapes.ts';
import type { Dense } from './dense.ts';
import { zeros } from './dense.ts';

export function conv3dWeightGradient(x: Dense, gradient: Dense, kernel: readonly [number, number, number]): Dense {
  const weight = zeros(conv3dWeightGradientShape(x, gradient, kernel)); // (O, C, kt, kh, kw)
  const [batch, outputs, frames, height, width] = gradient.shape as Five;
  const [, channels, framesIn] = x.shape as Five;
  const [kt, kh, kw] = kernel;
  for (let tap = 0; tap < weight.values.length; tap++) {
    const [dj, di] = [tap % kw, Math.floor(tap / kw) % kh];
    const [dt, plane] = [Math.floor(tap / (kw * kh)) % kt, Math.floor(tap / (kw * kh * kt))];
    const [c, o] = [plane % channels, Math.floor(plane / channels)];
    const [down, right] = [di - (kh - 1) / 2, dj - (kw - 1) / 2];
    const [firstRow, rows] = [Math.max(0, -down), Math.min(height, height - down)];
    const [firstColumn, columns] = [Math.max(0, -right), Math.min(width, width - right)];
    let sum = 0;
    for (let b = 0; b < batch; b++) {
      for (let t = 0; t < frames; t++) {
        const frameG = ((b * outputs + o) * frames + t) * height;
        const frameX = ((b * channels + c) * framesIn + t + dt) * height + down;
        for (let i = firstRow; i < rows; i++) {
          const [rowG, rowX] = [(frameG + i) * width, (frameX + i) * width + right];
          for (let j = firstColumn; j < columns; j++) sum += gradient.values[rowG + j] * x.values[rowX + j];
        }
      }
    }
    weight.values[tap] = sum;
  }
  return weight;
}

type Five = readonly [number, number, number, number, number];
