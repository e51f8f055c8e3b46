/**
 * Bitwise classifier: final RMS norm, then one linear layer with two logits a bit.
 *
 * There are two heads, for the short codes of the semantic scales and for the long ones of the detail scales
 * (§4.1). The last axis is [bit 0 label 0, bit 0 label 1, bit 1 label 0, …].
 *
 * Source: InfinityStar §3.1; models/infinity.py:Infinity.get_logits_during_infer. Spec T6.
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import { linear } from './linear.ts';
import { RMS_EPSILON } from './self-attention.ts';
import { HEAD_KEYS } from './shapes.ts';
import type { Head } from './shapes.ts';
import type { Transformer } from './transformer.ts';

/** hidden (B, L, C), before the final norm → logits (B, L, 2·bits). */
export async function logits(b: Backend, model: Transformer, hidden: Tensor, head: Head): Promise<Tensor> {
  return b.scope('logits', async (b) => {
    const norm = await model.weights.load(b, 'norm_hidden_sates');
    const normed = b.rmsNorm(hidden, norm.get('weight'), RMS_EPSILON); // (B, L, C)
    return linear(b, normed, await model.weights.load(b, HEAD_KEYS[head])); // (B, L, 2·bits)
  });
}
