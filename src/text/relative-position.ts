/**
 * T5's position bias: a learned number per head for every bucket of distances from query to key.
 *
 * With n = buckets / 2 for each direction and e = n / 2, the distance d = |key − query| falls into
 *   d                                                       where d < e
 *   min(n − 1, e + ⌊ln(d / e) / ln(maxDistance / e) · (n − e)⌋)   else,
 * and n more if the key comes after the query.
 *
 * Source: Raffel et al., arXiv 1910.10683 §2.1; transformers modeling_t5.py:T5Attention.compute_bias. Spec X2.
 */

import type { Backend, Tensor } from '../backend/backend.ts';

/** The bucket of a relative position, key minus query. */
export function relativePositionBucket(position: number, buckets: number, maxDistance: number): number {
  const each = Math.floor(buckets / 2);
  const exact = Math.floor(each / 2);
  const upper = position > 0 ? each : 0;
  const distance = Math.abs(position);
  if (distance < exact) return upper + distance;
  // In single precision, as the official code does; the floor could differ otherwise.
  const logarithm = Math.fround(Math.log(Math.fround(distance / exact)));
  const ratio = Math.fround(logarithm / Math.fround(Math.log(maxDistance / exact)));
  return upper + Math.min(each - 1, exact + Math.floor(Math.fround(ratio * (each - exact))));
}

/**
 * The bias of every query (row) and key (column): (1, H, L, L).
 * @param table (buckets, H)
 */
export function positionBias(b: Backend, table: Tensor, length: number, maxDistance: number): Tensor {
  const [buckets, heads] = table.shape as [number, number];
  const byDistance = Int32Array.from({ length: 2 * length - 1 }, (_, i) => {
    return relativePositionBucket(i - (length - 1), buckets, maxDistance);
  });
  const rows = new Int32Array(length * length); // (query, key)
  for (let query = 0; query < length; query++) {
    const first = length - 1 - query; // where key − query = −query
    rows.set(byDistance.subarray(first, first + length), query * length);
  }
  const bias = b.reshape(b.take(table, rows), [length, length, heads]); // (L, L, H)
  return b.reshape(b.permute(bias, [2, 0, 1]), [1, heads, length, length]); // (1, H, L, L)
}
