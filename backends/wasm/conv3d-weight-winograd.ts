/** Cuts the gradient of a weight with kernels of 3×3 in space into tasks for kernels/winograd-gradient.ts. */

import type { Device } from './device.ts';
import type { View } from './strides.ts';

/** Vectors of four tiles in a run: a panel of Z, 64 bytes for each, stays in the first cache. */
const RUN = 256;

type Five = readonly [number, number, number, number, number];

/** Whether it is faster than the direct way (measured): its transforms must pay. */
export function gradientSuitsWinograd(w: View, g: View): boolean {
  const [outputs, channels, , kh, kw] = w.shape as Five;
  const [batch, , frames, height, width] = g.shape as Five;
  const run = batch * frames * Math.ceil(height / 2) * Math.ceil(width / 8);
  return kh === 3 && kw === 3 && Math.min(outputs, channels) >= 8 && run >= 8;
}

/** The shapes are known to fit: w (O, C, kt, 3, 3), x (B, C, T, H, W), g (B, O, T−kt+1, H, W). */
export function conv3dWeightWinograd(d: Device, w: View, x: View, g: View): void {
  const [outputs, channels, kt] = w.shape as Five;
  const [batch, , frames, height, width] = x.shape as Five;
  const framesOfG = frames - kt + 1;
  const rows = Math.ceil(height / 2);
  const inRow = Math.ceil(width / 8);
  const quads = batch * rows * inRow;
  const parts = Math.ceil(quads / Math.max(1, Math.floor(RUN / framesOfG)));
  const atATime = Math.ceil(quads / parts);
  const pairs = Math.ceil(channels / 2);
  const panels = Math.ceil(outputs / 4);
  const matrixS = panels * kt * pairs * 32;
  const matrixV = pairs * frames * atATime * 32 + 64;
  const matrixZ = panels * framesOfG * atATime * 64 + 64;
  d.withScratch(16 * matrixS, (s) => {
    d.withScratch(16 * matrixV, (v) => {
      d.withScratch(16 * matrixZ, (z) => {
        for (let first = 0; first < quads; first += atATime) {
          const count = Math.min(atATime, quads - first);
          const run = framesOfG * count;
          d.run('winogradGradientTransforms', pairs + panels, (channels * frames + outputs * framesOfG) * count * 40, [
            v, x.address, z, g.address, channels, frames, height, width, outputs, framesOfG, rows, inRow, first, count, matrixV,
            matrixZ,
          ]);
          d.run('winogradGradient', 16 * panels, 16 * outputs * channels * kt * run * 0.4, [
            s, v, z, panels, pairs, kt, run, frames * count * 32, count * 32, matrixV, matrixZ, first > 0 ? 1 : 0,
          ]);
        }
        d.run('winogradGradientWeights', panels, outputs * channels * kt * 20, [w.address, s, outputs, channels, kt, matrixS]);
      });
    });
  });
}
