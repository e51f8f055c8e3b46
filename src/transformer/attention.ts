/**
 * Attention with grouped queries: y = softmax(q kᵀ / √D + mask) v.
 *
 * H query heads share KV key/value heads in groups of G = H/KV: query head h reads key head ⌊h/G⌋. Folding
 * the group into the rows, (B, KV·G, L, D) → (B, KV, G·L, D), makes this one product per key head, without
 * copies of the keys. Softmax works row by row, so the rows may be taken in blocks; the largest table of
 * scores then has at most `maxScores` numbers however long the sequence is, and every value stays the same. A backend
 * that has the whole in one piece keeps no scores at all.
 *
 * Source: InfinityStar §3.4; models/basic.py:SelfAttention.forward, repeat_kv. Spec T4.
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import { ShapeError } from '../errors.ts';

/** Default bound on the numbers in one table of scores: 16 MiB, of which a large third cache still holds a part. */
export const MAX_SCORES = 2 ** 22;

export interface AttentionOptions {
  /** (L, S), added to the scores: 0 where row l may see key s, very negative where not. */
  readonly mask?: Tensor;
  readonly maxScores?: number;
}

/**
 * q (B, H, L, D), k and v (B, KV, S, D) → (B, H, L, D).
 * @throws ShapeError if H is not a multiple of KV.
 */
export async function attention(
  b: Backend,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: AttentionOptions = {},
): Promise<Tensor> {
  const [batch, heads, rows, headDim] = q.shape as [number, number, number, number];
  const [, kvHeads, keys] = k.shape as [number, number, number, number];
  if (heads % kvHeads !== 0) throw new ShapeError('q', `a multiple of ${kvHeads} heads`, q.shape);
  const group = heads / kvHeads;
  const { mask, maxScores = MAX_SCORES } = options;
  const whole = b.attention?.(q, k, v, mask);
  if (whole !== undefined) return whole; // (B, H, L, D)
  const block = Math.max(1, Math.floor(maxScores / (batch * heads * keys)));

  const outputs: Tensor[] = [];
  for (let start = 0; start < rows; start += block) {
    const end = Math.min(rows, start + block);
    const n = end - start;
    outputs.push(
      await b.scope(`rows${start}`, async (b) => {
        const part = n === rows ? q : b.slice(q, 2, start, end); // (B, H, n, D)
        const scaled = b.affine(part, 1 / Math.sqrt(headDim)); // (B, H, n, D)
        const folded = b.reshape(scaled, [batch, kvHeads, group * n, headDim]); // (B, KV, G·n, D)
        let scores = b.matmul(folded, k, { transposeB: true }); // (B, KV, G·n, S)
        if (mask !== undefined) {
          const visible = b.reshape(b.slice(mask, 0, start, end), [1, n, keys]); // (1, n, S)
          const perHead = b.reshape(b.expand(visible, [group, n, keys]), [group * n, keys]); // (G·n, S)
          scores = b.add(scores, perHead); // (B, KV, G·n, S)
        }
        const mixed = b.matmul(b.softmax(scores), v); // (B, KV, G·n, D)
        return b.reshape(mixed, [batch, heads, n, headDim]); // (B, H, n, D)
      }),
    );
  }
  return outputs.length === 1 ? outputs[0] : b.concat(outputs, 2); // (B, H, L, D)
}
