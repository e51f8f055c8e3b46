/**
 * Recipes: the stages of a run in numbers. The paper trains its tokenizer and its transformer progressively (§4.1): first
 * pictures, then short videos, then long ones; the tokenizer first continuous, then with the quantizer (§3.3).
 */

import type { AdamWConfig } from '../adamw.ts';
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
  /** L1 */
  readonly strength: number;
  /** L4 */
  readonly cond_drop_rate: number;
  /** L3 */
  readonly reweight: ReweightConfig;
}

const noDrop = { last: 2, probability: 0 };
const peak = (value: number): LearningRateConfig => ({ peak: value, warmUp: 50, end: 0.05 });

/** For the toy world, after a prototype. */
export const TOY_TOKENIZER: TokenizerRecipe = {
  stages: [
    {
      name: 'cut pictures', steps: 800, rate: peak(1.5e-3), quantized: false, videoShare: 0, videos: 0, frames: 1, pictures: 12, side: 32,
      drop: noDrop,
    },
    {
      name: 'cut videos', steps: 2000, rate: peak(1.5e-3), quantized: false, videoShare: 5 / 6, videos: 4, frames: 17, pictures: 12,
      side: 32, drop: noDrop,
    },
    {
      name: 'pictures', steps: 900, rate: peak(1.5e-3), quantized: true, videoShare: 0, videos: 0, frames: 1, pictures: 12,
      drop: { last: 2, probability: 0.4 },
    },
    {
      name: 'videos', steps: 850, rate: peak(1.5e-3), quantized: true, videoShare: 3 / 4, videos: 2, frames: 17, pictures: 8,
      drop: { last: 2, probability: 0.3 },
    },
  ],
  loss: {
    l1_weight: 0.25,
    norm_weight: 0.005,
    norm_limit: 2.5,
    noise: 1 / 4,
    distance_weight: 0.025,
    quantizer: { commitment_loss_weight: 0.05, entropy_weight: 0.01, inv_temperature: 100, gamma0: 1, gamma: 1, zeta: 1 },
  },
  adamw: { betas: [0.9, 0.95], eps: 1e-8, weight_decay: 0, clip: 1 },
  decay: 0.995,
  foreground: 0,
};

/** More steps for the decoder with all scales kept, which stochastic depth seldom shows it; the codes stay as they are. */
export const TOY_DECODER: TokenizerRecipe = {
  ...TOY_TOKENIZER,
  stages: [{
    name: 'decoder', steps: 1600, rate: peak(1e-3), quantized: true, videoShare: 3 / 4, videos: 2, frames: 17, pictures: 8, drop: noDrop,
  }],
};

const transformer: Omit<TransformerRecipe, 'stages'> = {
  pictures: 16000,
  videos: 2000,
  adamw: { betas: [0.9, 0.97], eps: 1e-8, weight_decay: 0, clip: 5 },
  decay: 0.99,
  tokens: 4096,
  strength: 0.1,
  cond_drop_rate: 0.1,
  reweight: { reweight_loss_by_scale: 4, max_reweight_value: 40 },
};

/** For the toy world: pictures until shapes come out as told, then two clips (continuation) beside more pictures. */
export const TOY_TRANSFORMER: TransformerRecipe = {
  ...transformer,
  stages: [
    { name: 'pictures', steps: 8000, rate: { ...peak(2.5e-3), end: 0.3 }, frames: 1, turns: 0, batch: 16 },
    { name: 'two clips', steps: 4500, rate: peak(2e-3), frames: 33, turns: 0, batch: 6, pictures: { share: 0.4, batch: 16 } },
  ],
};

/** Goes on from there: clips after a turn (S11), and, so that they are not forgotten, first clips. */
export const TOY_INTERACT: TransformerRecipe = {
  ...transformer,
  videos: 800,
  stages: [{ name: 'turns', steps: 1500, rate: peak(2e-3), frames: 17, turns: 3 / 4, batch: 8 }],
};

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
