/**
 * 3-D convolution y = W * x + c (a correlation, zeros around space, none in time):
 *
 *     x̄[c, t, i, j] = Σ W[o, c, dt, di, dj] · g[o, t − dt, i − di + ph, j − dj + pw]
 *     W̄[o, c, dt, di, dj] = Σ g[o, t, i, j] · x[c, t + dt, i + di − ph, j + dj − pw]
 *     c̄[o] = Σ g[o]
 *
 * x̄ is itself a convolution, of g with kt − 1 frames of zeros on either side in time, by the kernel turned round
 * in time and space and with inputs and outputs exchanged.
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
        const [batch, , , height, width] = g.shape as Five;
        const turned = turnRound(b, weight); // (C, O, kt, kh, kw)
        if (kt === 1) return b.conv3d(g, turned); // (B, C, T, H, W)
        const zeros = b.upload(hostZeros([batch, outputs, kt - 1, height, width])); // (B, O, kt−1, H, W)
        return b.conv3d(b.concat([zeros, g, zeros], 2), turned); // (B, C, T, H, W)
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

/** (O, C, kt, kh, kw) → (C, O, kt, kh, kw), the taps in reverse order. */
function turnRound(b: Backend, weight: Tensor): Tensor {
  const [outputs, channels, kt, kh, kw] = weight.shape as Five;
  const taps = kt * kh * kw;
  const exchanged = b.permute(b.reshape(weight, [outputs, channels, taps]), [1, 0, 2]); // (C, O, taps)
  if (taps === 1) return b.reshape(exchanged, [channels, outputs, kt, kh, kw]);
  const rows = b.permute(b.reshape(exchanged, [channels * outputs, taps]), [1, 0]); // (taps, C·O)
  const reversed = b.take(rows, Int32Array.from({ length: taps }, (_, tap) => taps - 1 - tap)); // (taps, C·O)
  return b.reshape(b.permute(reversed, [1, 0]), [channels, outputs, kt, kh, kw]); // (C, O, kt, kh, kw)
}
