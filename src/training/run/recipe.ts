/**
 * Recipes: the stages of a run in numbers, as the files in recipes/ hold them (parse-recipe.ts). The paper trains its
 * tokenizer and its transformer progressively (§4.1): first pictures, then short videos, then long ones; the tokenizer first
 * continuous, then with the quantizer (§3.3).
 */

import type { AdamWConfig } from '../adamw.ts';
import type { CriticsConfig } from '../critics/terms.ts';
import type { Augmentation } from '../data/augment.ts';
import type { LearningRateConfig } from '../learning-rate.ts';
import type { ReweightConfig } from '../reweight.ts';
import type { TokenizerLossConfig } from '../tokenizer-loss.ts';

export interface TokenizerStage {
  readonly name: string;
  readonly steps: number;
  readonly rate: LearningRateConfig;
  readonly quantized: boolean;
  /** Share of steps with videos; the others have pictures. */
  readonly videoShare: number;
  readonly videos: number;
  readonly frames: number;
  readonly pictures: number;
  /**
   * Train on squares of so many pixels around the shapes instead of whole frames: all that is hard, for a part of the work.
   * Only without quantizer, whose pyramid is made for whole frames; the network itself is convolutional.
   */
  readonly side?: number;
  /** Q6: the last so many scales are dropped with this probability. */
  readonly drop: { readonly last: number; readonly probability: number };
}

export interface TokenizerRecipe {
  readonly stages: readonly TokenizerStage[];
  readonly loss: TokenizerLossConfig;
  readonly adamw: AdamWConfig;
  readonly decay: number;
  /** Added to the weight 1 of a pixel where the foreground covers it. */
  readonly foreground: number;
  /** λ of movement-weights.ts: what a pixel that changes altogether weighs in addition; 0 unless given. */
  readonly movement?: number;
  /** Perceptual and adversarial terms; none unless given. */
  readonly critics?: CriticsConfig;
  /** How samples of a small set are varied; none unless given. */
  readonly augmentation?: Augmentation;
}

export interface TransformerStage {
  readonly name: string;
  readonly steps: number;
  readonly rate: LearningRateConfig;
  /** Frames of the videos: one more than a multiple of a clip; 1: pictures. */
  readonly frames: number;
  /** Share of steps that train the clip after a turn instead, given the clip before it (S11). */
  readonly turns: number;
  readonly batch: number;
  /** Share of steps that train pictures instead, and how many at a time: shapes are learned from them, at a tenth of the work. */
  readonly pictures?: { readonly share: number; readonly batch: number };
}

export interface TransformerRecipe {
  readonly stages: readonly TransformerStage[];
  /** So many of which features are computed once and then drawn from, if a stage takes some; turns: as many as videos. */
  readonly pictures: number;
  readonly videos: number;
  readonly adamw: AdamWConfig;
  readonly decay: number;
  /** Of a packed sequence, texts included: samples whose captions differ in length are packed into one (L2). */
  readonly tokens: number;
  /**
   * Take samples into a step whose captions have one length, so that they are rows of a batch: attention over B rows of L tokens
   * takes B·L² products, over one sequence of them (B·L)². Every sample is drawn as often as without.
   */
  readonly alike?: true;
  /** L1 */
  readonly strength: number;
  /** L4 */
  readonly cond_drop_rate: number;
  /** L3 */
  readonly reweight: ReweightConfig;
}

/** The stage of a step, and the step's number in it. */
export function stageAt<S extends { readonly steps: number }>(stages: readonly S[], step: number): { stage: S; local: number } {
  let local = step;
  for (const stage of stages) {
    if (local < stage.steps) return { stage, local };
    local -= stage.steps;
  }
  const stage = stages.at(-1)!;
  return { stage, local: stage.steps - 1 };
}

export function totalSteps(stages: readonly { readonly steps: number }[]): number {
  return stages.reduce((sum, { steps }) => sum + steps, 0);
}
