/** Cuts a convolution with kernels of 3×3 in space into tasks for kernels/winograd.ts. */

import type { Device } from './device.ts';
import { TASKS } from './matmul.ts';
import type { View } from './strides.ts';

/** Frames of y, and pairs of four tiles times frames, per task. */
const FRAMES = 8;
const COLUMNS = 8;
/** Panels of four outputs whose products are held at a time. */
const PANELS = 16;
/** PRODUCTS of kernels/winograd.ts. */
const PRODUCTS = 16 * 128 + 64;

type Five = readonly [number, number, number, number, number];

/** Whether it is faster than the direct way (measured): its transforms must pay, and few tiles of an image be half empty. */
export function suitsWinograd(y: View, weight: View): boolean {
  const [outputs, channels, kt, kh, kw] = weight.shape as Five;
  return kh === 3 && kw === 3 && channels * kt >= 8 && outputs >= 3 && y.shape[3] >= 4 && y.shape[4] >= 4;
}

/** The shapes are known to fit: y (B, O, T−kt+1, H, W), x (B, C, T, H, W), weight (O, C, kt, 3, 3). */
export function conv3dWinograd(d: Device, y: View, x: View, weight: View, bias: View | undefined): void {
  const [batch, outputs, framesOfY, height, width] = y.shape as Five;
  const [, channels, frames] = x.shape as Five;
  const kt = weight.shape[2];
  if (batch * outputs * framesOfY * height * width === 0) return;
  const rows = Math.ceil(height / 2);
  const inRow = Math.ceil(width / 8);
  const quads = batch * rows * inRow;
  const framesAtATime = Math.ceil(framesOfY / Math.ceil(framesOfY / FRAMES));
  const pairs = Math.max(1, Math.min(Math.floor(COLUMNS / framesAtATime), Math.floor(quads / (2 * TASKS))));
  const frameBlocks = Math.ceil(framesOfY / framesAtATime);
  const panels = Math.min(PANELS, Math.ceil(outputs / 4));
  const matrixV = pairs * (framesAtATime + kt - 1) * channels * 32 + 64;
  const matrixU = Math.ceil(outputs / 4) * kt * channels * 16 + 64; // a line, so that not all 16 share a cache set
  const scratch = 16 * matrixV + panels * pairs * framesAtATime * PRODUCTS;
  const tasks = Math.ceil(quads / (2 * pairs)) * frameBlocks;

  d.withScratch(16 * matrixU, (weights) => {
    const kernels = [weights, weight.address, outputs, channels, kt, matrixU];
    d.run('winogradWeights', Math.ceil(outputs / 4), outputs * channels * kt * 8, kernels);
    d.withScratch(d.threadCount * scratch, (space) => {
      const args = [
        y.address, x.address, weights, bias?.address ?? 0, channels, frames, height, width, outputs, kt, framesOfY, rows, inRow,
        quads, pairs, framesAtATime, frameBlocks, panels, space, scratch, matrixV, matrixU,
      ];
      d.run('winograd', tasks, 2 * outputs * channels * kt * quads * framesOfY * 4, args);
    });
  });
}
