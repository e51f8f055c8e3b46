/** Cuts the gradient of a convolution's weight into tasks; see kernels/conv3d-weight.ts and conv3d-weight-winograd.ts. */

import { conv3dWeightWinograd, gradientSuitsWinograd } from './conv3d-weight-winograd.ts';
import type { Device } from './device.ts';
import type { View } from './strides.ts';

/** Bytes of g's rows at a time: together with x they stay in the second cache. */
const ROWS = 65536;
/** Channels that share one copy of g. */
const CHANNELS = 4;
/** Floats beyond a frame that whole vectors may read. */
const BEYOND = 16;

type Five = readonly [number, number, number, number, number];

/** The shapes are known to fit: w (O, C, kt, kh, kw), x (B, C, T, H, W), g (B, O, T−kt+1, H, W). */
export function conv3dWeightGradient(d: Device, w: View, x: View, g: View): void {
  if (gradientSuitsWinograd(w, g)) {
    conv3dWeightWinograd(d, w, x, g);
    return;
  }
  const [outputs, channels, kt, kh, kw] = w.shape as Five;
  const [batch, , frames, height, width] = x.shape as Five;
  const paddedWidth = width + kw - 1;
  const frameX = ((height + kh - 1) * paddedWidth + BEYOND) * 4;
  const rows = Math.max(1, Math.min(height, Math.floor(ROWS / 4 / 4 / paddedWidth)));
  const frameG = (rows * paddedWidth + BEYOND) * 4;
  const group = Math.min(CHANNELS, channels);
  const blocks = Math.ceil(channels / group);
  const taps = kt * kh * kw;
  const scratch = Math.ceil((group * kt * frameX + 4 * frameG + group * taps * 64) / 64) * 64;
  const framesOfG = frames - kt + 1;
  const products = batch * framesOfG * height * width * outputs * channels * taps;
  if (outputs * channels === 0) return;
  d.withScratch(d.threadCount * scratch, (space) => {
    const args = [
      w.address, x.address, g.address, batch, channels, frames, height, width, outputs, kt, kh, kw, framesOfG, group, blocks,
      rows, space, scratch, frameX, frameG,
    ];
    d.run('conv3dWeight', Math.ceil(outputs / 4) * blocks, products / 5, args);
  });
}
