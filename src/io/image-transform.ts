/**
 * Pictures as model input: resized (keeping the ratio) so that they just cover the target, cropped in the
 * centre, x = 2·byte/255 − 1.
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
  const covered = cover(picture, height, width); // (h', w', 3), h' ≥ h, w' ≥ w
  const [coveredHeight, coveredWidth] = covered.shape as [number, number, number];
  const top = Math.floor((coveredHeight - height) / 2);
  const left = Math.floor((coveredWidth - width) / 2);
  let to = 0;
  for (let c = 0; c < 3; c++) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const unit = Math.fround(covered.get(top + row, left + column, c) / 255);
        out.data[to++] = Math.fround(unit + unit) - 1;
      }
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

function cover(picture: Picture, height: number, width: number): Picture {
  for (const [name, size] of Object.entries({ height, width })) {
    if (!Number.isInteger(size) || size < 1) throw new ArgumentError(name, 'a positive integer', size);
  }
  const ratio = picture.shape[1] / picture.shape[0];
  // At equal ratios rounding may truncate one pixel too many, where the official crop breaks: hence the maximum.
  return ratio <= width / height
    ? resizeLanczos(picture, Math.max(Math.trunc(width / ratio), height), width)
    : resizeLanczos(picture, height, Math.max(Math.trunc(ratio * height), width));
}
