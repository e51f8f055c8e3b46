/**
 * 3-D convolution, as networks call it: a correlation with the kernel, of stride 1.
 *
 *   y[b, o, t, i, j] = bias[o] + Σ over c, dt, di, dj of
 *     weight[o, c, dt, di, dj] · x[b, c, t + dt, i + di − ⌊kh/2⌋, j + dj − ⌊kw/2⌋]
 *
 * where x is zero outside its frames, and nothing is added in time. With the zeros written around every frame, each
 * tap of the kernel is a constant distance in memory, so one run over a whole frame serves it; the sums that
 * fall into the margin of a row are dropped.
 *
 * @throws ShapeError
 */

import { conv3dShape } from '../src/backend/shapes.ts';
import { accumulate } from './accumulate.ts';
import type { Dense } from './dense.ts';
import { zeros } from './dense.ts';

export function conv3d(x: Dense, weight: Dense, bias?: Dense): Dense {
  const y = zeros(conv3dShape(x, weight, bias)); // (B, O, T', H, W)
  const [batch, outputs, frames, height, width] = y.shape as Five;
  const [, channels, kt, kh, kw] = weight.shape as Five;
  if (height === 0 || width === 0) return y;
  const padded = padFrames(x, (kh - 1) / 2, (kw - 1) / 2); // (B, C, T, H + kh − 1, W + kw − 1)
  const [, , framesIn, rows, columns] = padded.shape as Five;

  const taps = channels * kt * kh * kw;
  const tapOffsets = new Int32Array(taps);
  const length = (height - 1) * columns + width; // from the first to the last wanted sum of a frame
  const sums = new Float64Array(length);
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < frames; t++) {
      for (let tap = 0; tap < taps; tap++) {
        const [dj, di] = [tap % kw, Math.floor(tap / kw) % kh];
        const [dt, c] = [Math.floor(tap / (kw * kh)) % kt, Math.floor(tap / (kw * kh * kt))];
        tapOffsets[tap] = (((b * channels + c) * framesIn + t + dt) * rows + di) * columns + dj;
      }
      for (let o = 0; o < outputs; o++) {
        sums.fill(bias === undefined ? 0 : bias.values[o]);
        accumulate(sums, weight.values.subarray(o * taps, (o + 1) * taps), padded.values, tapOffsets);
        for (let i = 0; i < height; i++) {
          const row = sums.subarray(i * columns, i * columns + width);
          y.values.set(row, (((b * outputs + o) * frames + t) * height + i) * width);
        }
      }
    }
  }
  return y;
}

type Five = readonly [number, number, number, number, number];

/** Zeros around the last two axes. */
function padFrames(x: Dense, aboveAndBelow: number, leftAndRight: number): Dense {
  const [height, width] = x.shape.slice(-2) as [number, number];
  const [rows, columns] = [height + 2 * aboveAndBelow, width + 2 * leftAndRight];
  const padded = zeros([...x.shape.slice(0, -2), rows, columns]);
  const planes = x.values.length / (height * width);
  for (let plane = 0; plane < planes; plane++) {
    for (let i = 0; i < height; i++) {
      const from = (plane * height + i) * width;
      const to = (plane * rows + i + aboveAndBelow) * columns + leftAndRight;
      padded.values.set(x.values.subarray(from, from + width), to);
    }
  }
  return padded;
}
