/**
 * The tokenizer's round trip: pixels → features → bits → features → pixels, stopping after any number of scales,
 * with what it costs. Paper Fig. 6; spec V9, Q4, Q5, V10.
 */

import type { NdArray } from 'ndarray';
import { sizeOf } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';
import { givenVideo } from '../io/picture.ts';
import type { GivenVideo } from '../io/picture.ts';
import type { Model } from '../model/load.ts';
import { FRAMES_PER_LATENT } from '../pyramid/schedule.ts';
import { decodeBits, encodeBits, tokenizerInput } from './bits.ts';
import { ratioOf } from './generate.ts';
import { cancellable } from './cancellable.ts';
import { naming } from './memory.ts';
import { pixelSize, planSchedule } from './plan.ts';
import { psnr } from './psnr.ts';

export interface Reconstruction {
  /** Scales that were decoded, of those there are. */
  readonly scales: number;
  readonly of: number;
  /** (T, H, W, 3) */
  readonly frames: NdArray<Uint8Array>;
  /** Decibels against the input as the tokenizer sees it. */
  readonly psnr: number;
  /** Bits of all repetitions of these scales. */
  readonly bits: number;
  /** Bits of the input, 8 a colour, to `bits`. */
  readonly compression: number;
}

export interface ReconstructRequest {
  readonly video: GivenVideo;
  /** Which numbers of scales to decode; all scales unless given. */
  readonly scales?: readonly number[];
  /** Ends the reconstruction with its reason, within one operation of the backend. */
  readonly signal?: AbortSignal;
}

/** Frames of a video that make whole steps of the model's lengths: the longest beginning. */
export function usableLength(model: Pick<Model, 'config'>, count: number): number {
  const { duration_resolution, video_frames } = model.config.schedule;
  const step = duration_resolution * FRAMES_PER_LATENT;
  return Math.min(count - ((count - 1) % step), video_frames);
}

/**
 * Yields a reconstruction for each number of scales. Frame 0 is shown as it is, not smoothed.
 * @throws ArgumentError if there are not so many scales.
 */
export async function* reconstructVideo(given: Model, request: ReconstructRequest): AsyncGenerator<Reconstruction> {
  const { signal } = request;
  const video = givenVideo('video', request.video);
  const model = cancellable(given, signal);
  const count = usableLength(model, video.frames.shape[0]);
  const schedule = planSchedule(model.config.schedule, count, ratioOf(video));
  const [height, width] = pixelSize(schedule);
  const { target, original } = tokenizerInput(schedule, video.frames.hi(count));
  const all = schedule.scales.length;
  const wanted = request.scales ?? [all];
  const wrong = wanted.find((scales) => !(Number.isInteger(scales) && scales >= 1 && scales <= all));
  if (wrong !== undefined) throw new ArgumentError('scales', `a number from 1 to ${all}`, wrong);

  const what = `${count} frames of ${width}×${height}`;
  const steps = await naming(what, () => encodeBits(model, schedule, target));
  for (const scales of wanted) {
    const frames = await naming(what, () => decodeBits(model, schedule, steps, { scales }));
    const bits = steps.filter(({ si }) => si < scales).reduce((sum, step) => sum + sizeOf(step.bits.shape), 0);
    const shown = original.hi(frames.shape[0]); // the first scales are those of the first frame
    yield {
      scales,
      of: all,
      frames,
      psnr: psnr(shown, frames),
      bits,
      compression: (sizeOf(shown.shape) * 8) / bits,
    };
  }
}
