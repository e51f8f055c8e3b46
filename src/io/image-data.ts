/** Frames as canvases have pixels: four bytes each, red, green, blue, opacity. */

import type { NdArray } from 'ndarray';
import { hostTensor, rowMajor } from '../array/host.ts';
import { ArgumentError, UnsupportedError } from '../errors.ts';
import { addAlpha, dropAlpha, frameAt } from './picture.ts';
import type { Video } from './picture.ts';

/** Frame t of (T, H, W, 3): H·W·4 bytes, opaque. @throws ArgumentError if there is no such frame. */
export function toRgba(frames: NdArray<Uint8Array>, t = 0): Uint8ClampedArray<ArrayBuffer> {
  const count = frames.shape[0];
  if (!Number.isInteger(t) || t < 0 || t >= count) throw new ArgumentError('t', `a frame from 0 to ${count - 1}`, t);
  return new Uint8ClampedArray(addAlpha(rowMajor(frameAt(frames, t))));
}

/** The same for `putImageData`. @throws UnsupportedError where there are no canvases. */
export function toImageData(frames: NdArray<Uint8Array>, t = 0): ImageData {
  const rgba = toRgba(frames, t);
  if (typeof ImageData === 'undefined') throw new UnsupportedError('ImageData is a browser\'s: take toRgba here');
  return new ImageData(rgba, frames.shape[2], frames.shape[1]);
}

/** Pixels of a canvas as a picture (1, H, W, 3), to be given to a request; opacity is dropped. */
export function fromImageData({ data, width, height }: Pick<ImageData, 'data' | 'width' | 'height'>): Video {
  return { frames: hostTensor(dropAlpha(new Uint8Array(data)), [1, height, width, 3]), fps: null };
}
