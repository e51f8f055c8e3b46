/**
 * Clip bookkeeping: which latent frames a scale covers and which earlier scales it sees besides the text and itself.
 *
 *   clip(si)   = ⌊si/K⌋
 *   frames(c)  = [Σ_{j<c} T_j, Σ_{j≤c} T_j)
 *   refs(si)   = { (clip − 1 − i)·K + max(0, K − no − interval·i) : i = 0, 1, … }      sparse attention
 *              = { 0, …, si − 1 }                                                      full history (no = 0)
 *
 * Released: no = 1 and one clip back, so a clip sees the largest scale of the preceding clip and nothing else; an
 * image's scales see no other scale. Inside a clip a scale knows the smaller ones only through its input.
 *
 * Source: §3.4 Spacetime Sparse Attention, Fig. 2; infinity/schedules/infinity_elegant.py:get_scale_pack_info. Spec P3.
 * The official start of clip c is T₀ + (c − 1)·frames_inner_clip. That is the sum above where all clips but the last
 * are whole; we take the sum, which also holds for clips of unequal length.
 */

import { ArgumentError } from '../errors.ts';
import type { Schedule } from './schedule.ts';

/** Official names; see {@link RELEASED_CONTEXT}. */
export interface ContextConfig {
  /** 1: refer to the largest scale of a clip, 3: to the third largest; 0: to all earlier scales (full history). */
  readonly context_from_largest_no: number;
  /** With every further clip back, so many scales smaller. */
  readonly context_interval: number;
  /** Latent frames of history. Together with the next field: ⌊context_frames / frames_inner_clip⌋ clips at most. */
  readonly context_frames: number;
  readonly frames_inner_clip: number;
  /**
   * Preceding clips to refer to at most, nearest first. Not an official option: the official code lists exactly one
   * (its longer list is commented out), so its context_interval has no effect.
   */
  readonly context_clips?: number;
}

export const RELEASED_CONTEXT: ContextConfig = {
  context_from_largest_no: 1,
  context_interval: 2,
  context_frames: 1000,
  frames_inner_clip: 20,
};

export interface ScaleContext {
  /** 0 is the image. */
  readonly clip: number;
  /** Latent frames [start, end) of the scale's clip. */
  readonly start: number;
  readonly end: number;
  /** Indices of the scales it refers to, all smaller than its own. */
  readonly references: readonly number[];
}

/**
 * One entry per scale of the schedule.
 * @throws ArgumentError if a field is not an integer in its range.
 */
export function clipContexts(schedule: Schedule, context: ContextConfig = RELEASED_CONTEXT): ScaleContext[] {
  const { context_from_largest_no, context_interval, context_frames, frames_inner_clip, context_clips = 1 } = context;
  checkInteger('context_from_largest_no', context_from_largest_no, 0);
  checkInteger('context_interval', context_interval, 0);
  checkInteger('context_frames', context_frames, 0);
  checkInteger('frames_inner_clip', frames_inner_clip, 1);
  checkInteger('context_clips', context_clips, 0);
  const { scales, scalesPerClip } = schedule;
  const clipsBack = Math.min(context_clips, Math.floor(context_frames / frames_inner_clip));

  const references = (si: number, clip: number): number[] => {
    if (context_from_largest_no === 0) return [...Array(si).keys()];
    return [...Array(Math.min(clip, clipsBack)).keys()].map((i) => {
      const inner = Math.max(0, scalesPerClip - context_from_largest_no - context_interval * i);
      return (clip - 1 - i) * scalesPerClip + inner;
    });
  };

  let end = 0;
  return scales.map(([t], si) => {
    const clip = Math.floor(si / scalesPerClip);
    if (si % scalesPerClip === 0) end += t;
    return { clip, start: end - t, end, references: references(si, clip) };
  });
}

function checkInteger(argument: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new ArgumentError(argument, `an integer of at least ${least}`, value);
  }
}
