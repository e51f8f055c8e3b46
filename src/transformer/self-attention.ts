/**
 * Self-attention of one block: queries of a segment over the keys of all that it may see.
 *
 *   q = R(N(W_q x)),  k = R(N(W_k x)),  v = W_v x,   y = W_o · attention(q, [past k; k], [past v; v])
 *
 * N is RMS norm over each head, R the rotary embedding. The segment's own keys and values are returned, so
 * that the caller may keep them (T5). There is no mask at inference: what is not passed in is not seen.
 *
 * Source: InfinityStar §3.4; models/basic.py:SelfAttention.forward (arch qwen). Spec T4.
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import type { Weights } from '../backend/weights.ts';
import type { TransformerConfig } from '../model/config.ts';
import { attention } from './attention.ts';
import { linear } from './linear.ts';

/** Added to the mean square in every RMS norm of the transformer. */
export const RMS_EPSILON = 1e-6;

/** Keys (after norm and rotary) and values of a segment: (B, KV, S, D) each. */
export interface KeyValue {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** What a segment's attention needs besides its tokens. */
export interface Context {
  /** (2, L, D/2): cosines and sines of the segment's positions. */
  readonly rope: Tensor;
  /** What the segment sees besides itself, in this order. */
  readonly past?: readonly KeyValue[];
  /** (L, S) additive, for training; S counts the past and the segment itself. */
  readonly mask?: Tensor;
}

export type HeadCounts = Pick<TransformerConfig, 'num_heads' | 'num_key_value_heads'>;

export interface Attended {
  /** (B, L, C) */
  readonly y: Tensor;
  readonly own: KeyValue;
}

/** x (B, L, C) → (B, L, C), with `w` holding `q_proj`, `k_proj`, `v_proj`, `o_proj`, `q_norm` and `k_norm`. */
export async function selfAttention(
  b: Backend,
  w: Weights,
  { num_heads, num_key_value_heads }: HeadCounts,
  x: Tensor,
  { rope, past = [], mask }: Context,
): Promise<Attended> {
  const [batch, length] = x.shape as [number, number, number];
  const toHeads = (y: Tensor, heads: number): Tensor => {
    const split = b.reshape(y, [batch, length, heads, y.shape[2] / heads]); // (B, L, heads, D)
    return b.permute(split, [0, 2, 1, 3]); // (B, heads, L, D)
  };
  const q = toHeads(linear(b, x, w.at('q_proj')), num_heads); // (B, H, L, D)
  const k = toHeads(linear(b, x, w.at('k_proj')), num_key_value_heads); // (B, KV, L, D)
  const values = toHeads(linear(b, x, w.at('v_proj')), num_key_value_heads); // (B, KV, L, D)
  const queries = b.rotary(b.rmsNorm(q, w.get('q_norm.weight'), RMS_EPSILON), rope); // (B, H, L, D)
  const keys = b.rotary(b.rmsNorm(k, w.get('k_norm.weight'), RMS_EPSILON), rope); // (B, KV, L, D)

  const seen = [...past, { keys, values }];
  const allKeys = join(b, seen.map((kv) => kv.keys)); // (B, KV, S, D)
  const allValues = join(b, seen.map((kv) => kv.values)); // (B, KV, S, D)
  const mixed = await attention(b, queries, allKeys, allValues, mask === undefined ? {} : { mask }); // (B, H, L, D)
  const width = num_heads * mixed.shape[3];
  const merged = b.reshape(b.permute(mixed, [0, 2, 1, 3]), [batch, length, width]); // (B, L, H·D)
  return { y: linear(b, merged, w.at('o_proj')), own: { keys, values } };
}

function join(b: Backend, xs: readonly Tensor[]): Tensor {
  return xs.length === 1 ? xs[0] : b.concat(xs, 2);
}
