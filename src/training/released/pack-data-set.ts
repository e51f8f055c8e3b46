/**
 * Packing across a data set: which samples, pictures and videos alike, share a sequence of at most `limit` tokens.
 *
 *   a sample; then, in order, those that fit into what is left;
 *   then up to twice: of the samples cut to their first scales, one that leaves the fewest tokens unused, drawn among the best
 *
 * The set is gone through in buckets of every n-th sample. Without a limit each sample is alone.
 *
 * Official: dataset_joint_vi.py:form_batches. There a sample that was already put into an earlier sequence begins one of its
 * own again; here it does not.
 */

import type { Uniforms } from '../../sampler/uniforms.ts';
import { drawInteger } from './choices.ts';

export interface PackOptions {
  /** Of a sequence, texts included; below 0: every sample is alone. */
  readonly limit: number;
  /** Samples of a bucket at most. */
  readonly seq_pack_bucket: number;
  /** What is left is filled with cut samples once, and again while it is more than this. */
  readonly longestText: number;
}

/** @param tokens of every sample, with its text: up to each of its scales. @returns the samples of every sequence. */
export function packDataSet(tokens: readonly (readonly number[])[], options: PackOptions, uniforms: Uniforms): number[][] {
  const { limit, seq_pack_bucket } = options;
  if (limit < 0) return tokens.map((_, i) => [i]);
  const step = Math.floor(tokens.length / Math.min(tokens.length, seq_pack_bucket)) + 1;
  const sequences: number[][] = [];
  for (let bucket = 0; bucket < step; bucket++) {
    const members = tokens.map((_, i) => i).filter((i) => i % step === bucket);
    const used = new Set<number>();
    for (const first of members) {
      if (used.has(first)) continue;
      sequences.push(fillSequence(first, members, tokens, used, options, uniforms));
    }
  }
  return sequences;
}

function fillSequence(
  first: number,
  members: readonly number[],
  tokens: readonly (readonly number[])[],
  used: Set<number>,
  { limit, longestText }: PackOptions,
  uniforms: Uniforms,
): number[] {
  const sequence = [first];
  used.add(first);
  let left = limit - tokens[first].at(-1)!;
  for (const i of members) {
    const whole = tokens[i].at(-1)!;
    if (i <= first || used.has(i) || whole > left) continue;
    used.add(i);
    sequence.push(i);
    left -= whole;
  }
  for (let round = 0; round < 2 && left > 0 && (round === 0 || left > longestText); round++) {
    const unused = (i: number): number => left - tokens[i].filter((count) => count <= left).at(-1)!;
    const possible = members.filter((i) => !sequence.includes(i) && tokens[i][0] <= left);
    if (possible.length === 0) break;
    const least = Math.min(...possible.map(unused));
    const best = possible.filter((i) => unused(i) === least);
    sequence.push(best[drawInteger(uniforms, best.length)]);
    left = least;
  }
  return sequence;
}
