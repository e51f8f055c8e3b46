/**
 * T5's self-attention: softmax(q·kᵀ + bias)·v, without biases in its layers and without a factor 1/√d_kv, which
 * T5 has in the initial weights instead.
 *
 * Source: Raffel et al., arXiv 1910.10683; transformers modeling_t5.py:T5LayerSelfAttention.forward. Spec X2.
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import type { Weights } from '../backend/weights.ts';
import type { T5Config } from './t5-config.ts';

/**
 * x + attention(rmsNorm(x)).
 * @param x (B, L, d_model)
 * @param bias (1 or B, H, L, L): of positions, and of the mask if there is one.
 * @param weights of `layer.0` of a block.
 */
export function t5Attention(b: Backend, config: T5Config, weights: Weights, x: Tensor, bias: Tensor): Tensor {
  const [batch, length] = x.shape as [number, number, number];
  const [heads, width] = [config.num_heads, config.d_kv];
  const normed = b.rmsNorm(x, weights.get('layer_norm.weight'), config.layer_norm_epsilon); // (B, L, d_model)
  const projection = (name: string): Tensor => {
    const flat = b.matmul(normed, weights.get(`SelfAttention.${name}.weight`), { transposeB: true }); // (B, L, H·D)
    return b.permute(b.reshape(flat, [batch, length, heads, width]), [0, 2, 1, 3]); // (B, H, L, D)
  };
  const scores = b.matmul(projection('q'), projection('k'), { transposeB: true }); // (B, H, L, L)
  const mixed = b.matmul(b.softmax(b.add(scores, bias)), projection('v')); // (B, H, L, D)
  const merged = b.reshape(b.permute(mixed, [0, 2, 1, 3]), [batch, length, heads * width]); // (B, L, H·D)
  return b.add(x, b.matmul(merged, weights.get('SelfAttention.o.weight'), { transposeB: true })); // (B, L, d_model)
}
