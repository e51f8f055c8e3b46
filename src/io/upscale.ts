/** Frames n times as large in both directions: every pixel as n×n equal ones, or by Lanczos resampling (lanczos-resize.ts). */

import type { NdArray } from 'ndarray';
import { hostTensor, rowMajor } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';
import { resizeLanczos } from './lanczos-resize.ts';
import { checkSize, frameAt } from './picture.ts';
import type { Picture } from './picture.ts';

export const UPSCALING = ['nearest', 'lanczos'] as const;
export type Upscaling = (typeof UPSCALING)[number];

/**
 * (T, H, W, 3) → (T, n·H, n·W, 3)
 * @throws ArgumentError unless `times` is a positive integer. @throws FileError if the result is over the limits of pictures.
 */
export function upscale(frames: NdArray<Uint8Array>, times: number, by: Upscaling = 'nearest'): NdArray<Uint8Array> {
  if (!Number.isInteger(times) || times < 1) throw new ArgumentError('times', 'a positive integer', times);
  const [count, height, width] = frames.shape as [number, number, number, number];
  if (times === 1) return frames;
  const [h, w] = [times * height, times * width];
  checkSize('the enlarged result', w, h, count);
  const size = h * w * 3;
  const out = new Uint8Array(count * size);
  for (let t = 0; t < count; t++) {
    const frame = frameAt(frames, t); // (H, W, 3)
    out.set(by === 'lanczos' ? rowMajor(resizeLanczos(frame, h, w)) : repeated(frame, times), t * size);
  }
  return hostTensor(out, [count, h, w, 3]);
}

/** (H, W, 3) → n·H·n·W·3 bytes */
function repeated(frame: Picture, times: number): Uint8Array {
  const [height, width] = frame.shape as [number, number, number];
  const source = rowMajor(frame);
  const row = width * times * 3;
  const out = new Uint8Array(height * times * row);
  for (let y = 0; y < height; y++) {
    const first = y * times * row;
    for (let x = 0; x < width * times; x++) {
      const from = (y * width + Math.floor(x / times)) * 3;
      for (let c = 0; c < 3; c++) out[first + x * 3 + c] = source[from + c];
    }
    for (let copy = 1; copy < times; copy++) out.copyWithin(first + copy * row, first, first + row);
  }
  return out;
}
