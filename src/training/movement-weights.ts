/**
 * How much each pixel of a video changes, to weigh its error by (Q7).
 *
 *     m(t) = ½ · mean over channels of max(|x(t) − x(t−1)|, |x(t+1) − x(t)|)        0 … 1, for x in −1 … 1
 *
 * Most pixels of a short animation stand still, so a mean over all of them hardly asks for movement, and blurred edges
 * that stay where they are err little. Weighed by 1 + λ·m they err most where something comes or goes, before and after.
 * This project's own: neither the paper nor the official code weighs pixels.
 */

import type { HostTensor } from '../array/host.ts';
import { hostTensor } from '../array/host.ts';

/** @param video (B, C, T, H, W) → m, (B, 1, T, H, W); of a single frame 0. */
export function movementWeights({ data, shape }: HostTensor): HostTensor {
  const [count, channels, frames, height, width] = shape as [number, number, number, number, number];
  const plane = height * width;
  const change = (b: number, t: number, pixel: number): number => {
    let sum = 0;
    for (let c = 0; c < channels; c++) {
      const at = (s: number): number => data[((b * channels + c) * frames + s) * plane + pixel];
      const before = t > 0 ? Math.abs(at(t) - at(t - 1)) : 0;
      const after = t < frames - 1 ? Math.abs(at(t + 1) - at(t)) : 0;
      sum += Math.max(before, after);
    }
    return sum / channels / 2;
  };
  const out = new Float32Array(count * frames * plane);
  for (let i = 0; i < out.length; i++) {
    const frame = Math.floor(i / plane);
    out[i] = change(Math.floor(frame / frames), frame % frames, i % plane);
  }
  return hostTensor(out, [count, 1, frames, height, width]);
}
