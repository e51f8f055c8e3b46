/** What a result is judged by: its attributes, its first frame, and the border between two clips. */

import type { NdArray } from 'ndarray';
import { rowMajor, sizeOf } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';
import { psnr } from '../pipeline/psnr.ts';
import type { Attributes } from './attributes.ts';
import { readAttributes } from './read-attributes.ts';

/** Whether a result is right, by what is checked. */
export type Checks = Readonly<Record<string, boolean>>;

/** Decibels from which a first frame counts as kept. */
export const KEPT_PSNR = 25;
/** How much larger than the largest step inside a clip the step between clips may be. */
const LARGEST_STEP = 1.5;
/** Bytes a pixel and channel, on average, below which steps are taken to be equal: a shape that stands still has steps of 0. */
const SMALLEST_STEP = 1;

/** Frames (T, 64, 64, 3) against the attributes that they should show; all four unless named. */
export function judgeAttributes(
  frames: NdArray<Uint8Array>,
  wanted: Attributes,
  names: readonly (keyof Attributes)[] = ['colour', 'background', 'shape', 'motion'],
): Checks {
  const reading = readAttributes(frames);
  return Object.fromEntries(names.map((name) => [name, reading[name] === wanted[name]]));
}

/** What does not change in a video: it should be right in every frame, which flickering and melting shapes are not. */
const LASTING = ['colour', 'background', 'shape'] as const;

/** Whether every frame alone shows the colour, background and shape: (T, 64, 64, 3) */
export function rightInEveryFrame(frames: NdArray<Uint8Array>, wanted: Attributes): boolean {
  return Array.from({ length: frames.shape[0] }, (_, t) => readAttributes(frames.lo(t).hi(1))).every((reading) => {
    return LASTING.every((name) => reading[name] === wanted[name]);
  });
}

/** All four attributes of a video, and whether it is right in every frame. */
export function judgeVideo(frames: NdArray<Uint8Array>, wanted: Attributes): Checks {
  return { ...judgeAttributes(frames, wanted), 'every frame': rightInEveryFrame(frames, wanted) };
}

/** Decibels between the first frames of two videos (T, H, W, 3). */
export function firstFramePsnr(frames: NdArray<Uint8Array>, start: NdArray<Uint8Array>): number {
  return psnr(frames.hi(1), start.hi(1));
}

/**
 * Whether a video goes on smoothly: with step(t) the mean of |frame t − frame t − 1| in bytes,
 *
 *     step(border) ≤ 1.5·max(1, the largest other step)
 *
 * A shape that goes on as before has a step like any other; one that is 3 pixels off, or has another colour, does not.
 * @param frames (T, H, W, 3)
 * @param border the first frame of the second clip.
 * @throws ArgumentError if there is no such border, or no other step.
 */
export function goesOn(frames: NdArray<Uint8Array>, border: number): boolean {
  const count = frames.shape[0];
  if (!Number.isInteger(border) || border < 1 || border >= count || count < 3) {
    throw new ArgumentError('border', `a frame from 1 to ${count - 1} of at least 3`, border);
  }
  const bytes = rowMajor(frames); // (T, H, W, 3)
  const size = sizeOf(frames.shape) / count;
  const steps = Array.from({ length: count - 1 }, (_, i) => {
    let sum = 0;
    for (let at = i * size; at < (i + 1) * size; at++) sum += Math.abs(bytes[at + size] - bytes[at]);
    return sum / size;
  }); // step t at t − 1
  const inside = steps.filter((_, i) => i !== border - 1);
  return steps[border - 1] <= LARGEST_STEP * Math.max(SMALLEST_STEP, ...inside);
}
