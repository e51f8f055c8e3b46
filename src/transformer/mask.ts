/**
 * The training mask: many scales of many samples, packed into one sequence with their texts.
 *
 * The sequence is [scales of sample 0, scales of sample 1, …, conditions, text 0, text 1, …, padding]. A scale sees itself,
 * the scales it refers to, the conditions of its sample (S11) and its text; a condition or a text sees itself; padding
 * sees nothing and is not seen.
 * Training with this mask and sampling with the key/value cache compute the same values.
 *
 * Source: InfinityStar §3.4, Fig. 2 right; models/flex_attn_mask.py:_generate_infinity_pack and
 * schedules/infinity_elegant.py:video_encode_global_bsc (querysid_refsid). Spec T7.
 */

import { hostTensor } from '../array/host.ts';
import type { HostTensor } from '../array/host.ts';
import { ShapeError } from '../errors.ts';

/**
 * What "not seen" adds to a score. Finite, so that a row that sees nothing (padding) gives numbers; exp() of it
 * is exactly zero beside any real score.
 */
const HIDDEN = -1e30;

/**
 * Which segment sees which: rows are queries, columns are keys; all visual scales, all conditions, then one text per sample.
 * @param references for every sample, for each of its scales, the scales of the sample that it refers to.
 * @param conditions of every sample, how many; none unless given.
 */
export function visibleSegments(
  references: readonly (readonly (readonly number[])[])[],
  conditions: readonly number[] = references.map(() => 0),
): boolean[][] {
  const scales = references.reduce((sum, sample) => sum + sample.length, 0);
  const texts = scales + conditions.reduce((sum, count) => sum + count, 0);
  const segments = texts + references.length;
  const visible = Array.from({ length: segments }, (_, query) => {
    return Array.from({ length: segments }, (_, key) => key === query);
  });
  let base = 0;
  let condition = scales;
  references.forEach((sample, index) => {
    const end = condition + conditions[index];
    sample.forEach((refs, scale) => {
      const row = visible[base + scale].fill(true, condition, end);
      row[texts + index] = true;
      for (const ref of refs) row[base + ref] = true;
    });
    base += sample.length;
    condition = end;
  });
  return visible;
}

/**
 * The mask over tokens, to be added to the scores: (L, L), L the sum of `lengths`.
 * @param lengths tokens of every segment; segments beyond those of `visible` are padding.
 * @throws ShapeError if there are fewer lengths than segments.
 */
export function denseMask(lengths: readonly number[], visible: readonly (readonly boolean[])[]): HostTensor {
  if (lengths.length < visible.length) {
    throw new ShapeError('lengths', `at least ${visible.length} segments`, lengths.length);
  }
  const segmentOf = lengths.flatMap((length, segment) => new Array<number>(length).fill(segment));
  const total = segmentOf.length;
  const mask = new Float32Array(total * total).fill(HIDDEN);
  segmentOf.forEach((query, row) => {
    segmentOf.forEach((key, column) => {
      if (visible[query]?.[key] === true) mask[row * total + column] = 0;
    });
  });
  return hostTensor(mask, [total, total]);
}
