/** Cuts a convolution with kernels of 3×3 in space into tasks for kernels/winograd.ts. */

import type { Shape } from '../../src/array/host.ts';
import type { Device, Storage } from './device.ts';
import { TASKS } from './matmul.ts';
import { withPacked } from './packed.ts';
import type { View } from './strides.ts';

/** Frames of y per task. */
const FRAMES = 8;
/** Bytes of transformed input, and of products, of a task: together they share the second cache with the weights. */
const INPUT = 262144;
const PRODUCTS = 131072;
/** PRODUCTS of kernels/winograd.ts: bytes of the products of one quad, frame and panel. */
const PRODUCT = 36 * 128 + 64;
/** SCRATCH of kernels/winograd-input.ts and winograd-output.ts. */
const SCRATCH = 5 * 192 + 64 + 384 + 64;
/** Channels that a task transforms. */
const CHANNELS = 8;
/** Tiles of all frames up to which transforming the weights takes long enough to keep them, four times as large as they are. */
const FEW_TILES = 64;

type Five = readonly [number, number, number, number, number];

/** Tiles of a frame from which on transforms pay for few channels or outputs (measured). */
const MANY_TILES = 16;

/**
 * Whether it is faster than the direct way (measured): its transforms must pay, and few tiles be half empty. The batch has no
 * say, so that a sample's bits are the same whatever others are computed beside it.
 */
export function suitsWinograd(y: View, weight: View): boolean {
  const [outputs, channels, kt, kh, kw] = weight.shape as Five;
  const [, , , height, width] = y.shape as Five;
  if (kh !== 3 || kw !== 3 || outputs < 3 || height < 4 || width < 4) return false;
  const many = tilesOf(height, width) >= MANY_TILES;
  return outputs <= 4 ? many && channels * kt > 8 : channels * kt >= (many ? 8 : 16);
}

/** Outputs in a panel. */
function panelWidth(outputs: number): number {
  return outputs <= 4 ? 4 : 8;
}

/** Tiles of a frame. */
function tilesOf(height: number, width: number): number {
  return Math.ceil(height / 4) * Math.ceil(width / 4);
}

/** Bytes of the weights (O, C, kt, 3, 3), transformed. */
function transformedBytes(outputs: number, channels: number, kt: number): number {
  const width = panelWidth(outputs);
  return Math.ceil(outputs / width) * 36 * kt * channels * width * 4;
}

/** What is kept of a weight (O, C, kt, 3, 3) that is used more than once, for so many frames (H, W) of y. */
export function keptBytes(weight: Shape, height: number, width: number, frames: number): number {
  const [outputs, channels, kt] = weight;
  return tilesOf(height, width) * frames <= FEW_TILES ? transformedBytes(outputs, channels, kt) : 0;
}

/** The shapes are known to fit: y (B, O, T−kt+1, H, W), x (B, C, T, H, W), weight (O, C, kt, 3, 3), stored in `storage`. */
export function conv3dWinograd(d: Device, y: View, x: View, weight: View, bias: View | undefined, storage: Storage): void {
  const [batch, outputs, framesOfY, height, width] = y.shape as Five;
  const [, channels, frames] = x.shape as Five;
  const kt = weight.shape[2];
  if (batch * outputs * framesOfY * height * width === 0) return;
  const [rows, inRow] = [Math.ceil(height / 4), Math.ceil(width / 4)];
  const tiles = batch * rows * inRow;
  const quads = Math.ceil(tiles / 4);
  const panel = panelWidth(outputs);
  const panels = Math.ceil(outputs / panel);
  const frameBlocks = Math.ceil(framesOfY / FRAMES);
  const framesAtATime = Math.ceil(framesOfY / frameBlocks);
  const shared = panels > 1 && quads * frameBlocks < TASKS; // then tasks differ in their outputs too, and all need the same input
  const inQuad = (framesAtATime + kt - 1) * channels * 16;
  // As many as fit, but so many that weights, which may not, are read for eight quads' frames at a time
  const wanted = Math.max(Math.floor(INPUT / (36 * inQuad)), Math.ceil(FRAMES / framesAtATime));
  const fitting = Math.min(wanted, Math.floor((quads * frameBlocks) / TASKS));
  // Of four outputs or less, two quads make a register tile
  const quadsAtATime = shared ? quads : panel === 4 ? Math.max(2, fitting & ~1) : Math.max(1, fitting);
  const panelsPerTask = shared ? Math.ceil(panels / TASKS) : panels;
  const panelsAtATime = Math.max(1, Math.min(panelsPerTask, Math.floor(PRODUCTS / (quadsAtATime * framesAtATime * PRODUCT))));
  // And a line, so that not all matrices share a cache set
  const matrixV = (shared ? quads * frames * channels * 16 : quadsAtATime * inQuad) + 64;
  const scratch = SCRATCH + (shared ? 0 : 36 * matrixV) + panelsAtATime * quadsAtATime * framesAtATime * PRODUCT;
  const outputBlocks = Math.ceil(panels / panelsPerTask);
  const tasks = Math.ceil(quads / quadsAtATime) * frameBlocks * outputBlocks;
  const cost = 2 * outputs * channels * kt * quads * framesOfY * 4;

  const fill = (to: number): void => {
    d.run('winogradWeights', panels, outputs * channels * kt * 12, [to, weight.address, outputs, channels, kt, panel]);
  };
  const body = (weights: number): void => {
    d.withScratch(d.threadCount * scratch, (space) => {
      d.withScratch(shared ? 36 * matrixV : 0, (v) => {
        const args = [
          y.address, x.address, weights, bias?.address ?? 0, channels, frames, height, width, outputs, kt, framesOfY, rows, inRow,
          tiles, quadsAtATime, framesAtATime, frameBlocks, panelsPerTask, outputBlocks, panelsAtATime, space, scratch, matrixV,
          shared ? v : 0, CHANNELS, panel,
        ];
        if (shared) d.run('winogradInput', Math.ceil(channels / CHANNELS), quads * frames * channels * 200, args);
        d.run('winograd', tasks, cost, args);
      });
    });
  };
  const kept = keptBytes(weight.shape, height, width, batch * framesOfY) > 0;
  withPacked(d, storage, kept ? 'winograd' : undefined, transformedBytes(outputs, channels, kt), fill, body);
}
