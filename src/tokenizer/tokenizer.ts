/**
 * The continuous video tokenizer: a causal 3-D convolutional autoencoder, 8× in space and 4× in time, with 2×2 patches
 * of its latent as features. `encodeVideo` and `decodeVideo` are its two functions.
 *
 * Paper §3.3; official infinity/models/videovae/models/wan_bsq_vae.py:AutoencoderKLCogVideoX. Spec V.
 */

import { checkShapes } from '../backend/weights.ts';
import type { WeightStore } from '../backend/weights.ts';
import type { TokenizerConfig } from '../model/config.ts';
import { tokenizerShapes } from './shapes.ts';

export interface Tokenizer {
  readonly config: TokenizerConfig;
  readonly weights: WeightStore;
}

/**
 * @throws ArgumentError if the configuration makes no network, WeightError if a weight is missing or of another shape.
 */
export function makeTokenizer(config: TokenizerConfig, weights: WeightStore): Tokenizer {
  checkShapes(weights, tokenizerShapes(config));
  return { config, weights };
}
