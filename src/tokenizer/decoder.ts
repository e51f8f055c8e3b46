/**
 * Decoder: conv_in → two residual blocks → up blocks (residual blocks, one more than in the encoder, then V5 where the
 * level resamples) → norm → SiLU → conv_out. All norms are conditioned on the latent.
 *
 * Official infinity/models/videovae/models/wan_bsq_vae.py:CogVideoXDecoder3D. Spec V7.
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import type { Weights } from '../backend/weights.ts';
import { causalConv } from './causal-conv.ts';
import { conditionedNorm } from './conditioned-norm.ts';
import { cachedChain, keptFrames, weightedStage } from './conv-cache.ts';
import type { CachedStage, ConvCache, ConvCaches } from './conv-cache.ts';
import { levelsOf, MID_LAYERS } from './levels.ts';
import { residualStages } from './residual-block.ts';
import type { Tokenizer } from './tokenizer.ts';
import { upBlock } from './up-block.ts';

/**
 * Decodes one chunk. Stages: conv_in, mid, up0 …, norm_out, conv_out.
 * @param z (B, latent_channels, t, h, w)
 * @param splitFirst the chunk begins a video with an even number of latent frames (spec V5)
 * @param cache the cache returned for the preceding chunk; none for the first
 * @returns y (B, 3, T, 8h, 8w), not clamped; T = 4t, or 4t − 3 where the chunk begins the video
 */
export function decoderChunk(
  b: Backend,
  { config, weights }: Tokenizer,
  z: Tensor,
  splitFirst: boolean,
  cache?: ConvCache,
): Promise<{ y: Tensor; cache: ConvCaches }> {
  const stages: CachedStage[] = [
    weightedStage(weights, 'conv_in', 'decoder.conv_in', (s, w, v, c) => {
      return causalConv(s, w, v, keptFrames(c)); // (B, Cₙ, t, h, w)
    }),
    weightedStage(weights, 'mid', 'decoder.mid_block', (s, w, v, c) => {
      return cachedChain(s, v, c, residualStages(w, MID_LAYERS, z)); // (B, Cₙ, t, h, w)
    }),
    ...levelsOf(config)
      .reverse()
      .map((level, i) =>
        weightedStage(weights, `up${i}`, `decoder.up_blocks.${i}`, (s, w, v, c) =>
          cachedChain(s, v, c, [
            ...residualStages(w, config.layers_per_block + 1, z), // (B, C, T, H, W)
            // (B, C′, T′, 2H, 2W)
            ...(level.resamples ? [upStage(level.timeFactor, splitFirst, w.at('upsamplers.0.conv'))] : []),
          ]),
        ),
      ),
    weightedStage(weights, 'norm_out', 'decoder.norm_out', (s, w, v) => {
      return { y: conditionedNorm(s, w, v, z), cache: undefined }; // (B, C₀, T, H, W)
    }),
    weightedStage(weights, 'conv_out', 'decoder.conv_out', (s, w, v, c) => {
      return causalConv(s, w, s.map('silu', v), keptFrames(c)); // (B, 3, T, H, W)
    }),
  ];
  return cachedChain(b, z, cache, stages);
}

function upStage(timeFactor: number, splitFirst: boolean, w: Weights): CachedStage {
  return { name: 'upsampler', run: (b, x, cache) => upBlock(b, w, x, timeFactor, splitFirst, cache) };
}
