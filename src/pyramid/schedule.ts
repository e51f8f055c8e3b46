/**
 * Spacetime pyramid: the scales of a video in the order of generation.
 *
 *   F = 4·(latents − 1) + 1 video frames
 *   image   (1, h₁, w₁) … (1, h_K, w_K)          latent frame 0
 *   clip c  (T_c, h₁, w₁) … (T_c, h_K, w_K)      T_c latent frames; only the last clip may be shorter
 *
 * Source: §3.2; infinity/schedules/dynamic_resolution.py:get_ratio2hws_pixels2scales
 * ('infinity_elegant_clip20frames_v2'). Spec P2.
 */

import { ArgumentError } from '../errors.ts';
import { firstFullSizeIndex } from './full-size.ts';
import { baseScales } from './scales.ts';
import type { Scale, Size } from './scales.ts';

/** Video frames for every latent frame after the first. */
export const FRAMES_PER_LATENT = 4;

/** The released models: clips of 20 latent frames (5 s at 16 frames a second), lengths in steps of 4 (1 s). */
export const RELEASED_CLIP_LATENTS = 20;
export const RELEASED_LATENT_STEP = 4;

export interface Schedule {
  /** All scales, clip after clip. The first clip is the image pyramid, but in an ablation. */
  readonly scales: readonly Scale[];
  /** K: every clip has as many scales. */
  readonly scalesPerClip: number;
}

/**
 * @param sizes base scales (h, w), smallest first.
 * @param clipLatents latent frames of a whole clip.
 * @param latents all latent frames: 1 for an image.
 * @param firstLatents of the first clip at most; more than the image for the ablation of §3.2, the pyramid of constant time.
 * @throws ArgumentError if a count is not a positive integer or there are no sizes.
 */
export function makeSchedule(sizes: readonly Size[], clipLatents: number, latents: number, firstLatents = 1): Schedule {
  if (sizes.length === 0) throw new ArgumentError('sizes', 'at least one (h, w)', sizes);
  checkCount('clipLatents', clipLatents);
  checkCount('latents', latents);
  checkCount('firstLatents', firstLatents);
  const pyramid = (t: number) => sizes.map(([h, w]): Scale => [t, h, w]);
  const scales = pyramid(Math.min(firstLatents, latents));
  for (let start = firstLatents; start < latents; start += clipLatents) {
    scales.push(...pyramid(Math.min(clipLatents, latents - start)));
  }
  return { scales, scalesPerClip: sizes.length };
}

/**
 * The schedule of the released models.
 * @param ratio a key of `RATIO_TABLE`; see `nearestRatio`.
 * @param budget pixel budget: '0.06M', '0.25M', '0.40M' or '0.90M'.
 * @param latents 1, or 1 plus a multiple of 4.
 * @throws ArgumentError for any other value.
 */
export function releasedSchedule(ratio: number, budget: string, latents: number): Schedule {
  checkCount('latents', latents);
  const rest = (latents - 1) % RELEASED_LATENT_STEP;
  if (rest !== 0) throw new ArgumentError('latents', permitted(1, RELEASED_LATENT_STEP, latents), latents);
  return makeSchedule(baseScales(ratio, budget), RELEASED_CLIP_LATENTS, latents);
}

/**
 * A schedule from a plain list of scales, as configurations store it.
 * @param scalesPerClip without it: up to the first scale of full size (spec P5).
 * @throws ArgumentError if the list is not a sequence of whole clips of constant length over the same sizes.
 */
export function scheduleFrom(scales: readonly Scale[], scalesPerClip = firstFullSizeIndex(scales) + 1): Schedule {
  if (scales.length === 0) throw new ArgumentError('scales', 'at least one scale', scales);
  checkCount('scalesPerClip', scalesPerClip);
  if (scales.length % scalesPerClip !== 0) {
    throw new ArgumentError('scales.length', `a multiple of ${scalesPerClip} (scalesPerClip)`, scales.length);
  }
  scales.forEach(([t, h, w], si) => {
    const inner = si % scalesPerClip;
    const [clipT] = scales[si - inner];
    const [, baseH, baseW] = scales[inner];
    if (t !== clipT || h !== baseH || w !== baseW) {
      throw new ArgumentError(`scales[${si}]`, `[${clipT}, ${baseH}, ${baseW}] as its clip has`, [t, h, w]);
    }
  });
  return { scales, scalesPerClip };
}

/** Video frames that `latents` latent frames decode to: 4·(latents − 1) + 1. */
export function framesOfLatents(latents: number): number {
  checkCount('latents', latents);
  return FRAMES_PER_LATENT * (latents - 1) + 1;
}

/** Latent frames of all clips. */
export function latentFrames({ scales, scalesPerClip }: Schedule): number {
  return scales.reduce((sum, [t], si) => sum + (si % scalesPerClip === 0 ? t : 0), 0);
}

/**
 * Latent frames of a video: (frames − 1)/4 + 1.
 * @param latentStep lengths beyond the first frame go in steps of so many latent frames; released models: 4.
 * @param most frames at most.
 * @throws ArgumentError naming the permitted lengths and the nearest of them.
 */
export function latentsOfFrames(frames: number, latentStep = RELEASED_LATENT_STEP, most = Infinity): number {
  checkCount('frames', frames);
  checkCount('latentStep', latentStep);
  const step = FRAMES_PER_LATENT * latentStep;
  if ((frames - 1) % step !== 0 || frames > most) throw new ArgumentError('frames', permitted(1, step, frames, most), frames);
  return (frames - 1) / FRAMES_PER_LATENT + 1;
}

/** first, first + step, … up to `most`, and those on either side of `got`. */
function permitted(first: number, step: number, got: number, most = Infinity): string {
  const last = most === Infinity ? Infinity : most - ((most - first) % step);
  const below = Math.min(got - ((got - first) % step), last);
  const nearest = [below, below + step].filter((length) => length <= last).join(' and ');
  const some = [0, 1, 2, 3].map((i) => first + i * step).filter((length) => length <= last);
  const end = some.includes(last) ? '' : last === Infinity ? ', …' : last === some.at(-1)! + step ? `, ${last}` : `, … ${last}`;
  return `${first} (an image) or ${first} plus a multiple of ${step}: ${some.join(', ')}${end} (nearest: ${nearest})`;
}

function checkCount(argument: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) throw new ArgumentError(argument, 'a positive integer', value);
}
