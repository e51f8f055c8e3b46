/**
 * Encoder: conv_in → down blocks (residual blocks, then V4 where the level resamples) → two residual blocks → norm →
 * SiLU → conv_out, to the mean and log-variance of each latent element.
 *
 * Official infinity/models/videovae/models/wan_bsq_vae.py:CogVideoXEncoder3D. Spec V7.
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import type { Weights } from '../backend/weights.ts';
import { causalConv } from './causal-conv.ts';
import { channelNorm } from './channel-norm.ts';
import { cachedChain, keptFrames, weightedStage } from './conv-cache.ts';
import type { CachedStage, ConvCache, ConvCaches } from './conv-cache.ts';
import { downBlock } from './down-block.ts';
import { levelsOf, MID_LAYERS } from './levels.ts';
import { residualStages } from './residual-block.ts';
import type { Tokenizer } from './tokenizer.ts';

/**
 * Encodes one chunk. Stages: conv_in, down0 …, mid, norm_out, conv_out.
 * @param x (B, 3, T, H, W) in [-1, 1]
 * @param cache the cache returned for the preceding chunk; none for the first
 * @returns y (B, 2·latent_channels, t, H/8, W/8): means, then log-variances
 */
export function encoderChunk(
  b: Backend,
  { config, weights }: Tokenizer,
  x: Tensor,
  cache?: ConvCache,
): Promise<{ y: Tensor; cache: ConvCaches }> {
  const stages: CachedStage[] = [
    weightedStage(weights, 'conv_in', 'encoder.conv_in', (s, w, v, c) => {
      return causalConv(s, w, v, keptFrames(c)); // (B, C₀, T, H, W)
    }),
    ...levelsOf(config).map((level, i) =>
      weightedStage(weights, `down${i}`, `encoder.down_blocks.${i}`, (s, w, v, c) =>
        cachedChain(s, v, c, [
          ...residualStages(w, config.layers_per_block), // (B, Cᵢ, T, H, W)
          // (B, Cᵢ₊₁, T′, H/2, W/2)
          ...(level.resamples ? [downStage(level.timeFactor, w.at('downsamplers.0.conv'))] : []),
        ]),
      ),
    ),
    weightedStage(weights, 'mid', 'encoder.mid_block', (s, w, v, c) => {
      return cachedChain(s, v, c, residualStages(w, MID_LAYERS)); // (B, Cₙ, t, h, w)
    }),
    weightedStage(weights, 'norm_out', 'encoder.norm_out', (s, w, v) => {
      return { y: channelNorm(s, w.get('gamma'), v), cache: undefined }; // (B, Cₙ, t, h, w)
    }),
    weightedStage(weights, 'conv_out', 'encoder.conv_out', (s, w, v, c) => {
      return causalConv(s, w, s.map('silu', v), keptFrames(c)); // (B, 2·latent, t, h, w)
    }),
  ];
  return cachedChain(b, x, cache, stages);
}

function downStage(timeFactor: number, w: Weights): CachedStage {
  return { name: 'downsampler', run: (b, x, cache) => downBlock(b, w, x, timeFactor, cache) };
}
