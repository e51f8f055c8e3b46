/**
 * 3-D convolution y = W * x + c (a correlation, zeros around space, none in time):
 *
 *     x̄[c, t, i, j] = Σ W[o, c, dt, di, dj] · g[o, t − dt, i − di + ph, j − dj + pw]
 *     W̄[o, c, dt, di, dj] = Σ g[o, t, i, j] · x[c, t + dt, i + di − ph, j + dj − pw]
 *     c̄[o] = Σ g[o]
 *
 * x̄ is made of convolutions too: of g, frame by frame, by the kernel's frames turned round in space and with inputs and
 * outputs exchanged, all kt of them at once; then the kt results of a frame are added to the frames that it has seen.
 */

import { hostZeros } from '../../array/host.ts';
import type { Backend, Tensor } from '../../backend/backend.ts';
import type { Pullback } from './pullback.ts';

type Five = readonly [number, number, number, number, number];

/** For x, weight and bias. */
export function conv3dRule(x: Tensor, weight: Tensor): Pullback[] {
  const [outputs, , kt, kh, kw] = weight.shape as Five;
  return [
    {
      keeps: [weight],
      pull(b, g) {
        const spread = b.conv3d(g, turnRound(b, weight)); // (B, kt·C, T′, H, W)
        return kt === 1 ? spread : overlapAdd(b, spread, kt); // (B, C, T, H, W)
      },
    },
    {
      keeps: [x],
      pull: (b, g) => b.conv3dWeightGradient(x, g, [kt, kh, kw]), // (O, C, kt, kh, kw)
    },
    {
      keeps: [],
      pull: (b, g) => b.reshape(b.sum(g, [0, 2, 3, 4]), [outputs]), // (O)
    },
  ];
}

/** (O, C, kt, kh, kw) → (kt·C, O, 1, kh, kw), the taps of each frame in reverse order. */
function turnRound(b: Backend, weight: Tensor): Tensor {
  const [outputs, channels, kt, kh, kw] = weight.shape as Five;
  const taps = kh * kw;
  const exchanged = b.permute(b.reshape(weight, [outputs, channels, kt, taps]), [2, 1, 0, 3]); // (kt, C, O, taps)
  if (taps === 1) return b.reshape(exchanged, [kt * channels, outputs, 1, 1, 1]);
  const rows = b.permute(b.reshape(exchanged, [kt * channels * outputs, taps]), [1, 0]); // (taps, kt·C·O)
  const reversed = b.take(rows, Int32Array.from({ length: taps }, (_, tap) => taps - 1 - tap)); // (taps, kt·C·O)
  return b.reshape(b.permute(reversed, [1, 0]), [kt * channels, outputs, 1, kh, kw]); // (kt·C, O, 1, kh, kw)
}

/** y[t] = Σ_dt x[dt, t − dt]: (B, kt·C, T′, H, W) → (B, C, T′+kt−1, H, W) */
function overlapAdd(b: Backend, x: Tensor, kt: number): Tensor {
  const [batch, all, frames, height, width] = x.shape as Five;
  const channels = all / kt;
  if (frames === 1) {
    const split = b.reshape(x, [batch, kt, channels, height * width]); // (B, kt, C, H·W)
    return b.reshape(b.permute(split, [0, 2, 1, 3]), [batch, channels, kt, height, width]); // (B, C, kt, H, W)
  }
  const shifted = Array.from({ length: kt }, (_, dt) => {
    const own = b.slice(x, 1, dt * channels, (dt + 1) * channels); // (B, C, T′, H, W)
    const [before, after] = [dt, kt - 1 - dt].map((extent) => {
      return extent === 0 ? [] : [b.upload(hostZeros([batch, channels, extent, height, width]))];
    });
    return b.concat([...before, own, ...after], 2); // (B, C, T′+kt−1, H, W)
  });
  return shifted.reduce((sum, part) => b.add(sum, part));
}
