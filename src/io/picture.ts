/**
 * Pictures and videos in memory: 8-bit RGB, rows from the top, as `ndarray`s.
 *
 * Transparency is dropped, not blended, as PIL's `convert('RGB')` does, through which the official tools read
 * (tools/infer_video_480p.py). 16-bit samples are rounded to 8 bits; gray becomes three equal channels.
 */

import type { NdArray } from 'ndarray';
import { hostTensor, rowMajor } from '../array/host.ts';
import { ArgumentError, FileError, ShapeError } from '../errors.ts';

/** (H, W, 3) */
export type Picture = NdArray<Uint8Array>;

/** A video; a still picture is a video of one frame. */
export interface Video {
  /** (T, H, W, 3) */
  readonly frames: NdArray<Uint8Array>;
  /** Frames a second; null where the file says nothing: still pictures and folders of frames. */
  readonly fps: number | null;
  /** Seconds of the whole file, of the kinds that may have been read in part. */
  readonly duration?: number;
}

/** Frames as other programs have them: bytes (T, H, W, 3), or (H, W, 3) for one, without gaps. */
export interface PlainFrames {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly shape: readonly number[];
}

/** A picture or video that is given to the library. */
export interface GivenVideo {
  readonly frames: NdArray<Uint8Array> | PlainFrames;
  /** Unless given, or null: as for {@link Video}. */
  readonly fps?: number | null;
  readonly duration?: number;
}

/**
 * Checks what a program gives.
 * @param name of the argument, for errors.
 * @throws ShapeError unless it holds bytes of whole frames.
 */
export function givenVideo(name: string, video: GivenVideo): Video {
  const { frames, fps = null, duration } = video;
  const expected = 'frames: bytes of a shape (T, H, W, 3) or (H, W, 3)';
  if (frames === undefined || frames === null || !Array.isArray(frames.shape)) throw new ShapeError(name, expected, frames);
  if (fps !== null && !(fps > 0 && fps < Infinity)) throw new ArgumentError(`${name}.fps`, 'a positive rate, or null', fps);
  const shape = frames.shape.length === 3 ? [1, ...frames.shape] : [...frames.shape];
  const { data } = frames;
  const bytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
  if (!bytes || shape.length !== 4 || shape[3] !== 3 || !shape.every((extent) => Number.isSafeInteger(extent) && extent > 0)) {
    throw new ShapeError(name, expected, bytes ? frames.shape : data);
  }
  // Of an ndarray only a part of the data may be meant.
  const values = 'stride' in frames ? rowMajor(frames) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { frames: hostTensor(values, shape), fps, ...(duration === undefined ? {} : { duration }) }; // (T, H, W, 3)
}

/** Largest side, pixels of a picture and bytes of a decoded video that are accepted: they bound the memory. */
export const MAX_SIDE = 16384;
export const MAX_PIXELS = 2 ** 26;
export const MAX_VIDEO_BYTES = 2 ** 30;

/**
 * Checks a size that a file claims, before anything of that size is allocated.
 * @throws FileError if it is empty or over the limits.
 */
export function checkSize(file: string, width: number, height: number, frames = 1): void {
  const size = `${width}×${height} pixels`;
  if (!(width >= 1 && height >= 1)) throw new FileError(file, `claims an empty size of ${size}`);
  if (width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS) {
    throw new FileError(file, `claims ${size}; at most ${MAX_SIDE} a side and ${MAX_PIXELS} in all are read`);
  }
  if (frames < 1) throw new FileError(file, 'holds no frame');
  if (width * height * 3 * frames > MAX_VIDEO_BYTES) {
    const limit = Math.floor(MAX_VIDEO_BYTES / (width * height * 3));
    throw new FileError(file, `claims ${frames} frames of ${size}; at most ${limit} frames of this size are read`);
  }
}

/** Drops every fourth byte: RGBA to RGB. */
export function dropAlpha(rgba: Uint8Array | Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  dropAlphaInto(rgb, rgba);
  return rgb;
}

/** The same, into other bytes, or into the first of the same bytes. */
export function dropAlphaInto(rgb: Uint8Array, rgba: Uint8Array | Uint8ClampedArray): void {
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    rgb[to] = rgba[from]!;
    rgb[to + 1] = rgba[from + 1]!;
    rgb[to + 2] = rgba[from + 2]!;
  }
}

/** Adds opaque alpha: RGB to RGBA. */
export function addAlpha(rgb: Uint8Array): Uint8Array {
  const rgba = new Uint8Array((rgb.length / 3) * 4);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    rgba[to] = rgb[from]!;
    rgba[to + 1] = rgb[from + 1]!;
    rgba[to + 2] = rgb[from + 2]!;
    rgba[to + 3] = 255;
  }
  return rgba;
}

/** Puts frames of one size together. */
export function videoOf(pictures: readonly Uint8Array[], height: number, width: number, fps: number | null): Video {
  const frameBytes = height * width * 3;
  const bytes = new Uint8Array(pictures.length * frameBytes);
  pictures.forEach((rgb, t) => bytes.set(rgb, t * frameBytes));
  return { frames: hostTensor(bytes, [pictures.length, height, width, 3]), fps }; // (T, H, W, 3)
}

/** Frame t as a view: (T, H, W, 3) → (H, W, 3). */
export function frameAt(frames: NdArray<Uint8Array>, t: number): Picture {
  return frames.pick(t, null, null, null);
}
