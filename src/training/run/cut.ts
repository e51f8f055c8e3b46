/**
 * Squares cut out of videos around what moves in them. A convolutional network learns from them what it would learn from
 * whole frames, of which most is plain background.
 *
 *   (i, j) a place in the box around the foreground of a frame, place and frame drawn
 *   first row = clamp(i − side/2, 0, H − side),   first column = clamp(j − side/2, 0, W − side)
 */

import { hostTensor } from '../../array/host.ts';
import type { HostTensor } from '../../array/host.ts';
import type { VideoBatch } from '../data/videos.ts';

/** @param uniforms three of each video. @returns the same, (B, …, T, side, side). */
export function cutAroundShapes(batch: VideoBatch, side: number, uniforms: ArrayLike<number>): VideoBatch {
  const [count, , frames, height, width] = batch.foreground.shape;
  const places = Array.from({ length: count }, (_, sample) => {
    const [u, v, w] = [0, 1, 2].map((i) => uniforms[3 * sample + i]);
    const frame = sample * frames + Math.floor(u * frames);
    const covered = batch.foreground.data.subarray(frame * height * width, (frame + 1) * height * width);
    const rows = spread(covered, height, (i) => Math.floor(i / width));
    const columns = spread(covered, width, (i) => i % width);
    const start = (range: readonly [number, number], draw: number, extent: number): number => {
      const middle = range[0] + Math.floor(draw * (range[1] - range[0] + 1));
      return Math.max(0, Math.min(extent - side, middle - side / 2));
    };
    return [start(rows, v, height), start(columns, w, width)] as const;
  });
  return { video: cut(batch.video, places, side), foreground: cut(batch.foreground, places, side) };
}

/** First and last row or column with foreground; all of them if there is none. */
function spread(covered: Float32Array, extent: number, lineOf: (i: number) => number): [number, number] {
  let [first, last] = [extent, -1];
  covered.forEach((share, i) => {
    if (share === 0) return;
    first = Math.min(first, lineOf(i));
    last = Math.max(last, lineOf(i));
  });
  return last < 0 ? [0, extent - 1] : [first, last];
}

/** (B, C, T, H, W) → (B, C, T, side, side) */
function cut(x: HostTensor, places: readonly (readonly [number, number])[], side: number): HostTensor {
  const [count, channels, frames, height, width] = x.shape;
  const values = new Float32Array(count * channels * frames * side * side);
  let to = 0;
  places.forEach(([row, column], sample) => {
    for (let plane = sample * channels * frames; plane < (sample + 1) * channels * frames; plane++) {
      for (let i = 0; i < side; i++) {
        const from = (plane * height + row + i) * width + column;
        values.set(x.data.subarray(from, from + side), to);
        to += side;
      }
    }
  });
  return hostTensor(values, [count, channels, frames, side, side]);
}
