/**
 * Transformer block, pre-norm:
 *
 *   h = x + attention(RMSNorm(x)),   y = h + MLP(RMSNorm(h))
 *
 * Source: InfinityStar §3.4; models/basic.py:SelfAttnBlock.forward. Spec T3.
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import type { Weights } from '../backend/weights.ts';
import { gatedMlp } from './gated-mlp.ts';
import { RMS_EPSILON, selfAttention } from './self-attention.ts';
import type { Attended, Context, HeadCounts } from './self-attention.ts';

/**
 * x (B, L, C) → y (B, L, C) and the segment's own keys and values. The scopes `attention` (its output before
 * the residual) and `mlp` can be observed.
 */
export async function block(b: Backend, w: Weights, heads: HeadCounts, x: Tensor, context: Context): Promise<Attended> {
  const attended = await b.scope('attention', (b) => {
    const normed = b.rmsNorm(x, w.get('input_layernorm.weight'), RMS_EPSILON); // (B, L, C)
    return selfAttention(b, w.at('attn'), heads, normed, context);
  });
  const h = b.add(x, attended.y); // (B, L, C)
  const mlp = await b.scope('mlp', async (b) => {
    const normed = b.rmsNorm(h, w.get('post_attention_layernorm.weight'), RMS_EPSILON); // (B, L, C)
    return gatedMlp(b, normed, w.at('mlp')); // (B, L, C)
  });
  return { y: b.add(h, mlp), own: attended.own }; // (B, L, C)
}
