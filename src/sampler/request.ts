/** What is to be sampled, and how: the settings of one run, checked. */

import type { HostBits, HostTensor } from '../array/host.ts';
import type { Tensor } from '../backend/backend.ts';
import { ArgumentError } from '../errors.ts';
import type { ContextConfig } from '../pyramid/clips.ts';
import type { RepetitionConfig } from '../pyramid/repetition.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import type { TokenPruning } from './fast-star.ts';
import { checkPruning } from './fast-star.ts';
import type { Guidance } from './guidance.ts';
import type { GuidanceRule, SamplingRule } from './rules.ts';

/** Bits that replace the sampled ones (spec S9). */
export interface ForcedBits {
  /** So many scales, from the first on, are given. */
  readonly scales: number;
  /** By real scale index: (1, t, h, w, d) of every repetition of these scales. */
  readonly bits: readonly HostBits[];
}

/** A segment of former features that every scale sees besides the text (spec S11). */
export interface VisualCondition {
  readonly name: string;
  /** (1, d, t, h, w) */
  readonly features: Tensor;
  /** Time position of each of the t frames. */
  readonly frames: readonly number[];
  /** Scale position, counted like real scale indices. */
  readonly realSi: number;
}

export interface SampleRequest {
  readonly schedule: Schedule;
  readonly repetition: RepetitionConfig;
  /** Which scales a scale refers to; without it as released. */
  readonly context?: ContextConfig;
  /** (L, text_channels): features of the prompt's tokens. */
  readonly text: HostTensor;
  /** (≤ L, text_channels): a negative prompt in place of the learned null text. */
  readonly negative?: HostTensor;
  readonly guidance: Guidance | GuidanceRule;
  /** How bits follow from logits and uniforms; as in the paper unless given. */
  readonly draw?: SamplingRule;
  /** Guidance scale of every scale of the schedule; 1: none. */
  readonly cfg: readonly number[];
  /** Temperature of every scale of the schedule. */
  readonly tau: readonly number[];
  /** So many scales of a clip, from its first, use the semantic head (spec T6). */
  readonly semanticScales: number;
  readonly forced?: ForcedBits;
  /** Cells of large scales that are left out (fast-star.ts); none unless given, and none of several samples at once. */
  readonly pruning?: TokenPruning;
  readonly conditions?: readonly VisualCondition[];
}

/** @throws ArgumentError naming the first setting that does not fit the schedule. */
export function checkRequest({ schedule, cfg, tau, forced, pruning }: Omit<SampleRequest, 'text'>): void {
  const count = schedule.scales.length;
  if (pruning !== undefined) checkPruning(pruning);
  if (cfg.length < count) throw new ArgumentError('cfg', `one guidance scale for each of ${count} scales`, cfg.length);
  if (tau.length < count) throw new ArgumentError('tau', `one temperature for each of ${count} scales`, tau.length);
  const cold = tau.find((value) => !(value > 0));
  if (cold !== undefined) throw new ArgumentError('tau', 'temperatures above 0', cold);
  if (forced !== undefined && !(forced.scales <= count)) {
    throw new ArgumentError('forced.scales', `at most ${count} scales`, forced.scales);
  }
}
