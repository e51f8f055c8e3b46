/**
 * Which samples of a set are held out, and in which order the others come.
 *
 *   held out        ⌊files/10⌋ of the files, those whose paths have the smallest SHA-256, with all their entries
 *   sample i of n   entry πₑ(i mod n) for epoch e = ⌊i/n⌋; every πₑ is a permutation drawn from the seed and e
 *
 * So a file is never in both parts, and a set that grows keeps most of its parts.
 */

import { createHash } from 'node:crypto';
import { seededUniforms } from '../../sampler/uniforms.ts';

export interface Split<E> {
  readonly train: readonly E[];
  readonly heldOut: readonly E[];
  /** Whether there are too few files to hold some out: then all are both. */
  readonly overlap: boolean;
}

export function splitByFile<E extends { readonly path: string }>(entries: readonly E[]): Split<E> {
  const paths = new Map(entries.map(({ path }) => [createHash('sha256').update(path).digest('hex'), path]));
  const held = new Set([...paths.keys()].sort().slice(0, Math.floor(paths.size / 10)).map((digest) => paths.get(digest)!));
  if (held.size === 0) return { train: entries, heldOut: entries, overlap: entries.length > 0 };
  const [train, heldOut] = [false, true].map((wanted) => entries.filter(({ path }) => held.has(path) === wanted));
  return { train, heldOut, overlap: false };
}

/** 0 … n − 1 in an order of their own for each epoch (R. Durstenfeld's shuffle). */
export function permutation(n: number, seed: number, epoch: number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  const draws = seededUniforms((Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(epoch + 1, 0x85ebca6b)) >>> 0).next(n);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(draws[i] * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
