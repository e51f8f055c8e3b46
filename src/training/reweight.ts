/**
 * Spec L3, second half: the loss of a sequence is a weighted mean of the mean losses of its scales,
 *
 *     L = Σ_s w_s·mean(loss of s) / Σ_s w_s,   w_s = n_s·min(m, (N/n_s)^(1/(1+k)))
 *
 * n_s the tokens of scale s, N those of the last scheduled scale of its sample. Small scales, which decide what the large
 * ones refine, would have no say among their many tokens. k = 0 means w_s = n_s: all tokens alike.
 *
 * Official: trainer/sft_trainer.py:InfinityTrainer.train_step (reweight_loss_by_scale, max_reweight_value).
 */

import { hostTensor, sizeOf } from '../array/host.ts';
import type { HostTensor } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import type { Scale } from '../pyramid/scales.ts';

/** Official names; the released scripts have 4 and 40. */
export interface ReweightConfig {
  readonly reweight_loss_by_scale: number;
  readonly max_reweight_value: number;
}

export interface WeightedScale {
  readonly scale: Scale;
  /** The last scale of the sample's schedule. */
  readonly largest: Scale;
}

/** The weight of every token, (1, L); they sum to 1. */
export function tokenWeights(config: ReweightConfig, scales: readonly WeightedScale[]): HostTensor {
  const k = config.reweight_loss_by_scale;
  const weights = scales.map(({ scale, largest }) => {
    const tokens = sizeOf(scale);
    if (k === 0) return tokens;
    return tokens * Math.min(config.max_reweight_value, (sizeOf(largest) / tokens) ** (1 / (1 + k)));
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const perToken = scales.flatMap(({ scale }, i) => {
    const tokens = sizeOf(scale);
    return new Array<number>(tokens).fill(weights[i] / total / tokens);
  });
  return hostTensor(Float32Array.from(perToken), [1, perToken.length]);
}

/** Losses (B, L) → their weighted mean over tokens and samples, (1). */
export function weightedLoss(b: Backend, loss: Tensor, weights: HostTensor): Tensor {
  const weighted = b.mul(loss, b.upload(weights)); // (B, L)
  return b.reshape(b.affine(b.sum(weighted, [0, 1]), 1 / loss.shape[0]), [1]); // (1)
}
