/**
 * Spec Q3: which of the two vocabularies a scale speaks.
 *
 *     h·w < detail_scale_min_tokens  → semantic, semantic_scale_dim bits a token (released: 16)
 *     otherwise                      → detail,   detail_scale_dim bits a token   (released: 64)
 *
 * Paper §4.1. Official: schedules/infinity_elegant.py:video_encode_global_bsc. The time extent does not count.
 * Inference chooses the *head* by the scale's index inside the clip (T6) but the code width by this rule.
 */

import type { Weights } from '../backend/weights.ts';
import type { QuantizerConfig } from '../model/config.ts';
import type { Scale } from '../pyramid/scales.ts';

/** The quantizer: what it is configured to, and the weights it has, if any. */
export interface Quantizer {
  readonly config: QuantizerConfig;
  /** Channels of the features that are quantized (released: 64). */
  readonly channels: number;
  /** The weights below `quantizer.`; only a learnable change of width has any (Q8). */
  readonly projections?: Weights;
}

export interface Vocabulary {
  readonly name: 'semantic' | 'detail';
  /** Bits a token. */
  readonly width: number;
}

/** The vocabulary that a scale speaks. */
export function vocabularyOf(config: QuantizerConfig, scale: Scale): Vocabulary {
  const [, h, w] = scale;
  const detail = config.use_two_stage_lfq === 0 || h * w >= config.detail_scale_min_tokens;
  return detail
    ? { name: 'detail', width: config.detail_scale_dim }
    : { name: 'semantic', width: config.semantic_scale_dim };
}
