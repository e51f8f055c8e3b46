/**
 * Semantic scale repetition: scale si is predicted n(si) times, each time with the code refined so far as input.
 * The steps are numbered by one counter over all scales,
 *
 *   realSi(si, r) = Σ_{j<si} n(j) + r,
 *
 * which feeds the rotary embedding (R3) and the uniforms (S5). With max_repeat_times = m only the first min(n, m)
 * repetitions are executed, but the counter still advances by n.
 *
 * Source: §3.4; infinity/models/infinity.py:ar_infer_infinity_elegant (image_scale_repetition,
 * video_scale_repetition, cum_scales). Spec P4.
 */

import { ArgumentError } from '../errors.ts';
import type { Schedule } from './schedule.ts';

/** Counts per scale of a clip, under their official names. */
export interface RepetitionConfig {
  readonly image_scale_repetition: readonly number[];
  readonly video_scale_repetition: readonly number[];
  /** Executed repetitions at most; without it all. */
  readonly max_repeat_times?: number;
}

/** One executed forward pass. */
export interface Step {
  /** Index of the scale in the schedule. */
  readonly si: number;
  /** 0, 1, … within the scale. */
  readonly repeat: number;
  /** The "real scale index". */
  readonly realSi: number;
  /** The last executed repetition of its scale: the one whose keys and values are kept (T5). */
  readonly last: boolean;
}

/**
 * The executed steps of a schedule, in order. The first clip takes the image's counts, the others the video's.
 * @throws ArgumentError if a list that is needed does not have one positive integer per scale of a clip.
 */
export function expandSteps(schedule: Schedule, repetition: RepetitionConfig): Step[] {
  const { scales, scalesPerClip } = schedule;
  const { max_repeat_times = Infinity } = repetition;
  if (!(max_repeat_times >= 1)) throw new ArgumentError('max_repeat_times', 'a number of at least 1', max_repeat_times);
  checkCounts('image_scale_repetition', repetition.image_scale_repetition, scalesPerClip);
  if (scales.length > scalesPerClip) {
    checkCounts('video_scale_repetition', repetition.video_scale_repetition, scalesPerClip);
  }
  const steps: Step[] = [];
  let counter = 0;
  for (let si = 0; si < scales.length; si++) {
    const counts = si < scalesPerClip ? repetition.image_scale_repetition : repetition.video_scale_repetition;
    const scheduled = counts[si % scalesPerClip];
    const executed = Math.min(scheduled, Math.floor(max_repeat_times));
    for (let repeat = 0; repeat < executed; repeat++) {
      steps.push({ si, repeat, realSi: counter + repeat, last: repeat === executed - 1 });
    }
    counter += scheduled;
  }
  return steps;
}

/** Far above any use: every repetition is a pass through the network. */
const MOST_REPETITIONS = 1000;

function checkCounts(argument: string, counts: readonly number[], scalesPerClip: number): void {
  const fits = (count: number): boolean => Number.isSafeInteger(count) && count > 0 && count <= MOST_REPETITIONS;
  if (counts.length !== scalesPerClip || !counts.every(fits)) {
    throw new ArgumentError(argument, `${scalesPerClip} integers from 1 to ${MOST_REPETITIONS}, one per scale of a clip`, counts);
  }
}
