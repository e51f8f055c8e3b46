/** Transformers with random weights, for tests. */

import { mersenne } from 'pure-rand/generator/mersenne';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { hostTensor, sizeOf } from '../../src/array/host.ts';
import type { HostTensor, Shape } from '../../src/array/host.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { residentWeights } from '../../src/backend/weights.ts';
import type { QuantizerConfig, TransformerConfig } from '../../src/model/config.ts';
import { transformerShapes } from '../../src/transformer/shapes.ts';
import type { Transformer } from '../../src/transformer/transformer.ts';

export const smallQuantizer: QuantizerConfig = {
  use_two_stage_lfq: 1,
  semantic_scale_dim: 4,
  detail_scale_dim: 8,
  detail_scale_min_tokens: 4,
  use_learnable_dim_proj: 0,
};

export const smallTransformer: TransformerConfig = {
  embed_dim: 32,
  depth: 3,
  block_chunks: 1,
  num_heads: 4,
  num_key_value_heads: 2,
  mlp_ratio: 8,
  qwen_qkvo_bias: true,
  text_channels: 8,
  text_maxlen: 16,
  simple_text_proj: 0,
};

/** Values in [−1, 1). */
export function randomTensor(shape: Shape, seed: number): HostTensor {
  const generator = mersenne(seed);
  return hostTensor(Float32Array.from({ length: sizeOf(shape) }, () => 2 * uniformFloat64(generator) - 1), shape);
}

/** Weights around zero, so large that attention is far from uniform; norms around 1. */
export function randomTransformer(b: Backend, config = smallTransformer, quantizer = smallQuantizer): Transformer {
  const weights = new Map<string, HostTensor>();
  for (const [key, shape] of transformerShapes(config, quantizer)) {
    const value = randomTensor(shape, weights.size + 1);
    const gain = shape.length === 2 ? 2 / Math.sqrt(shape[1]) : 0.5;
    const centre = key.includes('norm') ? 1 : 0;
    weights.set(key, hostTensor(value.data.map((x) => centre + gain * x), shape));
  }
  return { config, weights: residentWeights(b, weights) };
}

/** Largest difference of two tensors of the same size. */
export function maxDifference(a: HostTensor, b: HostTensor): number {
  return a.data.reduce((most, x, i) => Math.max(most, Math.abs(x - b.data[i])), 0);
}
