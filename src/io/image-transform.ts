/**
 * Pictures as model input: resized (keeping the ratio) so that they just cover the target, cropped in the
 * centre, x = 2·byte/255 − 1. Only what is left by the crop is computed: a line of 1×16384 pixels would cover
 * 512×512 with eight million rows.
 *
 * Official: tools/run_infinity.py `transform`. The larger side's size is truncated, the crop offset floored,
 * the byte is divided in single precision.
 */

import type { NdArray } from 'ndarray';
import type { HostTensor } from '../array/host.ts';
import { hostZeros } from '../array/host.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { resizeLanczos } from './lanczos-resize.ts';
import type { Picture } from './picture.ts';
import { frameAt } from './picture.ts';

/**
 * (H, W, 3) bytes → (3, height, width) in [-1, 1]
 * @throws ArgumentError if a target size is not a positive integer.
 */
export function transformPicture(picture: Picture, height: number, width: number): HostTensor {
  const out = hostZeros([3, height, width]); // (3, h, w)
  const { data } = coverPicture(picture, height, width); // (h, w, 3)
  for (let c = 0, to = 0; c < 3; c++) {
    for (let from = c; from < data.length; from += 3) {
      const unit = Math.fround(data[from] / 255);
      out.data[to++] = Math.fround(unit + unit) - 1;
    }
  }
  return out;
}

/** Every frame alike: (T, H, W, 3) bytes → (1, 3, T, height, width) in [-1, 1] */
export function transformFrames(frames: NdArray<Uint8Array>, height: number, width: number): HostTensor {
  if (frames.shape.length !== 4) throw new ShapeError('frames', 'a shape (T, H, W, 3)', [...frames.shape]);
  const count = frames.shape[0];
  const plane = height * width;
  const out = hostZeros([1, 3, count, height, width]); // (1, 3, T, h, w)
  for (let t = 0; t < count; t++) {
    const one = transformPicture(frameAt(frames, t), height, width).data; // (3, h, w)
    for (let c = 0; c < 3; c++) out.data.set(one.subarray(c * plane, (c + 1) * plane), (c * count + t) * plane);
  }
  return out;
}

/** The middle of a picture that covers the target: (H, W, 3) → (height, width, 3) */
export function coverPicture(picture: Picture, height: number, width: number): Picture {
  const [inHeight, inWidth] = picture.shape as [number, number, number];
  const whole = coverSize(inHeight, inWidth, height, width);
  const [top, left] = [Math.floor((whole.height - height) / 2), Math.floor((whole.width - width) / 2)];
  return resizeLanczos(picture, whole.height, whole.width, { top, left, height, width });
}

/** The size at which a picture just covers the target. @throws ArgumentError if the target is empty. */
export function coverSize(inHeight: number, inWidth: number, height: number, width: number): { height: number; width: number } {
  for (const [name, size] of Object.entries({ height, width })) {
    if (!Number.isInteger(size) || size < 1) throw new ArgumentError(name, 'a positive integer', size);
  }
  const ratio = inWidth / inHeight;
  // At equal ratios rounding may truncate one pixel too many, where the official crop breaks: hence the maximum.
  return ratio <= width / height
    ? { height: Math.max(Math.trunc(width / ratio), height), width }
    : { height, width: Math.max(Math.trunc(ratio * height), width) };
}
