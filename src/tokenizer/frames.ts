/** Frames of host videos (B, C, T, H, W): cutting along time, and joining again. */

import { hostTensor, rowMajor, sizeOf } from '../array/host.ts';
import type { HostTensor } from '../array/host.ts';
import { ShapeError } from '../errors.ts';
import type { Span } from './chunks.ts';

/** Frames [start, end) of (B, C, T, H, W), copied. */
export function framesOf(video: HostTensor, { start, end }: Span): HostTensor {
  const [B, C, T, H, W] = video.shape as [number, number, number, number, number];
  const values = rowMajor(video);
  const length = (end - start) * H * W;
  const out = new Float32Array(B * C * length);
  for (let plane = 0; plane < B * C; plane++) {
    out.set(values.subarray((plane * T + start) * H * W, (plane * T + end) * H * W), plane * length);
  }
  return hostTensor(out, [B, C, end - start, H, W]);
}

/**
 * Joins videos in time: (B, C, Tᵢ, H, W) → (B, C, ΣTᵢ, H, W).
 * @throws ShapeError if there is none, or they differ in another axis.
 */
export function joinFrames(parts: readonly HostTensor[]): HostTensor {
  const first = parts[0];
  if (first === undefined) throw new ShapeError('parts', 'one or more', 0);
  const [B, C, , H, W] = first.shape as [number, number, number, number, number];
  const T = parts.reduce((sum, part) => sum + part.shape[2], 0);
  const out = new Float32Array(sizeOf([B, C, T, H, W]));
  let start = 0;
  for (const part of parts) {
    const frames = part.shape[2];
    const values = rowMajor(part);
    if (values.length !== B * C * frames * H * W) {
      throw new ShapeError('parts', `[${B}, ${C}, T, ${H}, ${W}]`, [...part.shape]);
    }
    for (let plane = 0; plane < B * C; plane++) {
      out.set(values.subarray(plane * frames * H * W, (plane + 1) * frames * H * W), (plane * T + start) * H * W);
    }
    start += frames;
  }
  return hostTensor(out, [B, C, T, H, W]);
}
