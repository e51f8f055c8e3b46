/**
 * How a request is sampled: the model's settings, and what the request changes of them, for each scale of its schedule.
 *
 *   a number        the same for every scale
 *   K numbers       one for each scale of a clip, the same in every clip
 *   all numbers     one for each scale of the schedule (cfg alone)
 *
 * Source: tools/run_infinity.py:gen_one_img (cfg_list, tau_list), models/infinity.py (max_repeat_times). Spec P4, S4.
 */

import { ArgumentError } from '../errors.ts';
import type { PerScale, SamplingConfig } from '../model/config.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import { checkPruning } from '../sampler/fast-star.ts';
import type { TokenPruning } from '../sampler/fast-star.ts';
import type { Guidance } from '../sampler/guidance.ts';
import { nextClipRepetition } from '../sampler/interact.ts';
import type { GuidanceRule, SamplingRule } from '../sampler/rules.ts';

/** Settings of sampling that a user may change; the model's own hold where they do not. */
export interface SamplingChanges {
  /** Guidance scale, 1: none; or one for each scale of a clip, or of the whole schedule. */
  readonly cfg?: PerScale;
  /** One of the paper's, or a rule of one's own. */
  readonly guidance?: 'cfg' | 'apg' | GuidanceRule;
  /** How bits follow from logits and uniforms; as in the paper unless given. */
  readonly draw?: SamplingRule;
  /** Temperatures of the image pyramid and of the clips; one, or one for each scale of a clip. */
  readonly tauImage?: PerScale;
  readonly tauVideo?: PerScale;
  /** Each scale is predicted so many times at most (`max_repeat_times`). */
  readonly maxRepeats?: number;
  /** Leaves cells of large scales out, to be quicker (sampler/fast-star.ts); none unless given. */
  readonly pruning?: TokenPruning;
}

/** The share of a sampling request (sampler/request.ts) that comes from settings. */
export interface SamplingSettings {
  readonly repetition: Pick<SamplingConfig, 'image_scale_repetition' | 'video_scale_repetition' | 'max_repeat_times'>;
  readonly guidance: Guidance | GuidanceRule;
  readonly draw?: SamplingRule;
  readonly pruning?: TokenPruning;
  /** One for each scale of the schedule. */
  readonly cfg: readonly number[];
  readonly tau: readonly number[];
  readonly semanticScales: number;
}

/** @throws ArgumentError naming a change that makes no sense or does not fit the schedule. */
export function samplingOf(config: SamplingConfig, changes: SamplingChanges, schedule: Schedule): SamplingSettings {
  const { cfg = config.cfg, tauImage = config.tau_image, tauVideo = config.tau_video } = changes;
  const { maxRepeats = config.max_repeat_times, draw, pruning } = changes;
  if (pruning !== undefined) checkPruning(pruning);
  if (!Number.isInteger(maxRepeats) || maxRepeats < 1) throw new ArgumentError('maxRepeats', 'a whole number of at least 1', maxRepeats);
  if (draw !== undefined && typeof draw !== 'function') throw new ArgumentError('draw', 'a function', draw);
  const { scales, scalesPerClip } = schedule;
  const positive = (value: number): boolean => value > 0 && value < Infinity;
  const temperatures = (name: string, tau: PerScale): readonly number[] => {
    return valuesOf(name, tau, [scalesPerClip], 'temperatures above 0', positive);
  };
  const [scale, first, later] = [
    valuesOf('cfg', cfg, [scalesPerClip, scales.length], 'finite guidance scales', Number.isFinite),
    temperatures('tauImage', tauImage), temperatures('tauVideo', tauVideo),
  ];
  return {
    repetition: {
      image_scale_repetition: config.image_scale_repetition,
      video_scale_repetition: config.video_scale_repetition,
      max_repeat_times: maxRepeats,
    },
    guidance: guidanceOf(config, changes.guidance),
    ...(draw === undefined ? {} : { draw }),
    ...(pruning === undefined ? {} : { pruning }),
    cfg: scales.map((_, si) => scale[si % scale.length]),
    tau: scales.map((_, si) => (si < scalesPerClip ? first : later)[si % scalesPerClip]),
    semanticScales: config.semantic_scales,
  };
}

/** The settings of a clip that follows on others, of those of an image pyramid and a clip (sampler/interact.ts). */
export function nextClipSettings(settings: SamplingSettings, { scalesPerClip }: Schedule): SamplingSettings {
  const { cfg, tau, repetition } = settings;
  const own = <T>(values: readonly T[]): readonly T[] => values.slice(scalesPerClip, 2 * scalesPerClip);
  return { ...settings, cfg: own(cfg), tau: own(tau), repetition: nextClipRepetition(repetition) };
}

/** One value for each of `counts[0]` scales, or as many as there are if that is another one of the counts. */
function valuesOf(
  name: string, given: PerScale, counts: readonly number[], what: string, fits: (value: number) => boolean,
): readonly number[] {
  const values: unknown = typeof given === 'number' ? counts.slice(0, 1).flatMap((count) => new Array<number>(count).fill(given)) : given;
  if (!Array.isArray(values) || !values.every((value) => typeof value === 'number' && fits(value))) {
    throw new ArgumentError(name, `${what}: one, or a list`, given);
  }
  if (!counts.includes(values.length)) {
    throw new ArgumentError(name, `one value, or ${[...new Set(counts)].join(' or ')}: one for each scale`, given);
  }
  return values as readonly number[];
}

function guidanceOf(config: SamplingConfig, given: SamplingChanges['guidance']): SamplingSettings['guidance'] {
  const method = given ?? (config.use_apg === 1 ? 'apg' : 'cfg');
  if (method === 'apg') return { method, threshold: config.apg_norm_threshold, eta: 0 };
  if (method === 'cfg') return { method };
  if (typeof method !== 'function') throw new ArgumentError('guidance', "'cfg', 'apg' or a function", method);
  return method;
}
