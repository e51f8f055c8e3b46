/** From a request's length and shape to the scale schedule of a model. Spec P1, P2. */

import { ArgumentError } from '../errors.ts';
import type { ScheduleConfig } from '../model/config.ts';
import { nearestRatio } from '../pyramid/ratio.ts';
import { baseScales, CELL_PIXELS } from '../pyramid/scales.ts';
import type { Size } from '../pyramid/scales.ts';
import { FRAMES_PER_LATENT, framesOfLatents, latentsOfFrames, makeSchedule } from '../pyramid/schedule.ts';
import type { Schedule } from '../pyramid/schedule.ts';

/** Height / width of the released scripts; the table's nearest row is 9/16. */
export const DEFAULT_RATIO = 0.571;

/**
 * Base scales of a model for pictures of about the given height / width; a model of one shape has the same for all.
 */
export function sizesFor({ scales, pn }: ScheduleConfig, ratio: number): readonly Size[] {
  if (pn !== undefined) return baseScales(nearestRatio(ratio), pn);
  return scales!;
}

/** Height and width in pixels of what a schedule makes. */
export function pixelSize({ scales }: Schedule): readonly [height: number, width: number] {
  const [, h, w] = scales.at(-1)!;
  return [h * CELL_PIXELS, w * CELL_PIXELS];
}

/**
 * The schedule for a number of video frames; 1 is a picture.
 * @throws ArgumentError naming the lengths that the model has.
 */
export function planSchedule(config: ScheduleConfig, frames: number, ratio = DEFAULT_RATIO): Schedule {
  const latents = latentsOfFrames(frames, config.duration_resolution, config.video_frames);
  return makeSchedule(sizesFor(config, ratio), config.frames_inner_clip, latents, config.frames_first_clip);
}

/** Frames of the image and one whole clip: what a video has unless another length is asked for. */
export function defaultFrames(config: ScheduleConfig): number {
  return framesOfLatents(1 + config.frames_inner_clip);
}

/** @throws ArgumentError if a ratio that was asked for is none, or not the one of a model of one shape: it would be ignored. */
export function checkRatio({ scales }: ScheduleConfig, ratio: number | undefined): void {
  if (ratio === undefined) return;
  if (!(ratio > 0 && ratio < Infinity)) throw new ArgumentError('ratio', 'a positive number, height / width', ratio);
  if (scales === undefined) return;
  const [h, w] = scales.at(-1)!;
  const size = `${w * CELL_PIXELS}×${h * CELL_PIXELS}`;
  if (Math.abs(ratio - h / w) > 0.01) throw new ArgumentError('ratio', `${h / w}: this model makes ${size} alone`, ratio);
}

/** @throws ArgumentError naming the durations that the model has. @returns frames. */
export function framesOfDuration(config: ScheduleConfig, seconds: number): number {
  const { fps, video_frames, duration_resolution } = config;
  const step = FRAMES_PER_LATENT * duration_resolution;
  const frames = Math.round(seconds * fps) + 1;
  if ((frames - 1) % step === 0 && frames > 1 && frames <= video_frames) return frames;
  const lengths = Array.from({ length: Math.floor((video_frames - 1) / step) }, (_, i) => (step * (i + 1)) / fps);
  const some = lengths.length > 5 ? [...lengths.slice(0, 4), '…', lengths.at(-1)!] : lengths;
  const nearest = lengths.reduce((a, b) => (Math.abs(b - seconds) < Math.abs(a - seconds) ? b : a), lengths[0]);
  throw new ArgumentError('duration', `${some.join(', ')} seconds for this model (nearest: ${nearest})`, seconds);
}
