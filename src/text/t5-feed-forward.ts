/**
 * T5's feed-forward layer: wo·relu(wi·x), or gated, wo·(gelu(wi_0·x) · (wi_1·x)), with gelu in its tanh form.
 *
 * Source: Shazeer, arXiv 2002.05202; transformers modeling_t5.py:T5LayerFF.forward. Spec X2.
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import type { Weights } from '../backend/weights.ts';
import type { T5Config } from './t5-config.ts';

/**
 * x + feedForward(rmsNorm(x)).
 * @param x (B, L, d_model)
 * @param weights of `layer.1` of a block.
 */
export function t5FeedForward(b: Backend, config: T5Config, weights: Weights, x: Tensor): Tensor {
  const normed = b.rmsNorm(x, weights.get('layer_norm.weight'), config.layer_norm_epsilon); // (B, L, d_model)
  const linear = (name: string, input: Tensor): Tensor => {
    return b.matmul(input, weights.get(`DenseReluDense.${name}.weight`), { transposeB: true });
  };
  const hidden = // (B, L, d_ff)
    config.feed_forward_proj === 'gated-gelu'
      ? b.mul(b.map('gelu', linear('wi_0', normed)), linear('wi_1', normed))
      : b.map('relu', linear('wi', normed));
  return b.add(x, linear('wo', hidden)); // (B, L, d_model)
}
