/** Cuts a convolution into tasks whose data fit the second cache; see kernels/conv3d.ts and conv3d-winograd.ts. */

import { conv3dWinograd, suitsWinograd } from './conv3d-winograd.ts';
import type { Device, Storage } from './device.ts';
import { pack } from './matmul.ts';
import type { View } from './strides.ts';

/** Positions and panels of four outputs per task; channels × taps at a time. */
const POSITIONS = 256;
const PANELS = 16;
const DEPTH = 256;

/** Bytes beyond the slab that copies of whole vectors may write to. */
const SLACK = 64;

/** The shapes are known to fit: y (B, O, T−kt+1, H, W), x (B, C, T, H, W), weight (O, C, kt, kh, kw), stored in `storage`. */
export function conv3d(d: Device, y: View, x: View, weight: View, bias: View | undefined, storage: Storage): void {
  if (suitsWinograd(y, weight)) {
    conv3dWinograd(d, y, x, weight, bias, storage);
    return;
  }
  const [batch, outputs, ...extentsOfY] = y.shape as Five;
  const [, channels, ...extentsOfX] = x.shape as Five;
  const [, , kt, kh, kw] = weight.shape as Five;
  const taps = kt * kh * kw;
  // A kernel of one tap sees a single long row.
  const [frames, frameHeight, frameWidth] = taps === 1 ? [1, 1, product(extentsOfX)] : extentsOfX;
  const [framesOfY, height, width] = taps === 1 ? [1, 1, product(extentsOfY)] : extentsOfY;
  if (batch * outputs * framesOfY * height * width === 0) return;
  const columns = evenly(width, POSITIONS);
  const rows = evenly(height, Math.max(Math.floor(POSITIONS / (columns + kw - 1)), 1));
  const panels = evenly(Math.ceil(outputs / 4), PANELS);
  const group = evenly(Math.max(channels, 1), Math.max(Math.floor(DEPTH / taps), 1));
  const blocks = [Math.ceil(height / rows), Math.ceil(width / columns)] as const;
  const outputBlocks = Math.ceil(Math.ceil(outputs / 4) / panels);
  const slabWidth = columns + kw - 1;
  const slab = group * kt * (rows + kh - 1) * slabWidth * 4 + SLACK;
  const tiles = Math.ceil(((rows - 1) * slabWidth + columns) / 8);
  const offsets = Math.ceil((group * taps) / 16) * 64;
  const scratch = Math.ceil((offsets + slab + tiles * panels * 128 + SLACK) / 64) * 64;
  const k = channels * taps;

  d.withScratch(Math.ceil(outputs / 4) * k * 16, (weights) => {
    pack(d, weights, weight.address, 1, outputs, k, [k * 4, 4], 4);
    d.withScratch(d.threadCount * scratch, (space) => {
      const args = [
        y.address, x.address, weights, bias?.address ?? 0, channels, frames, frameHeight, frameWidth, outputs, kt, kh, kw,
        framesOfY, rows, columns, ...blocks, group, panels, outputBlocks, space, scratch, offsets, slab,
      ];
      const tasks = batch * framesOfY * blocks[0] * blocks[1] * outputBlocks;
      d.run('conv3d', tasks, (2 * k * outputs * batch * framesOfY * height * width) / 20, args);
    });
  });
}

/** The size of the parts when `total` is cut as evenly as can be into parts of at most `most`. */
function evenly(total: number, most: number): number {
  return Math.ceil(total / Math.ceil(total / most));
}

function product(extents: readonly number[]): number {
  return extents.reduce((all, extent) => all * extent, 1);
}

type Five = readonly [number, number, number, number, number];
