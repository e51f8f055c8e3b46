/**
 * Spacetime RoPE, one axis: position p turns pair i by the angle p·f_i,
 *
 *   f_i = 10000^(−i/n),  i = 0 … n − 1,  n = head_dim/8
 *
 * The head_dim/2 pairs are four equal parts: scale, time, height, width, n pairs each. Pairs are neighbouring
 * elements (2i, 2i+1) of a head. Note the exponent i/n: rotary embeddings elsewhere often have 2i/dim of the part.
 *
 * Source: appendix; infinity/models/rope.py:precompute_rope4d_freqs_grid. Spec R1. Computed as there in single
 * precision: at position 1300 an angle rounded to float32 is off by up to 6e-5 rad.
 * The official tables have fixed extents (128 frames, 256 rows …); ours are made for the positions asked for.
 */

import { hostTensor } from '../array/host.ts';
import type { HostTensor } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';

/** Axes that share the pairs of a head: scale, time, height, width. */
export const AXES = 4;

export interface RopeConfig {
  /** embed_dim / num_heads; a multiple of 8. */
  readonly head_dim: number;
  /** Scale positions below this one are the text's, those from it on the visual steps'. */
  readonly text_maxlen: number;
  /** Base of the frequencies; 10000 in the released models. */
  readonly base?: number;
}

/**
 * f_i in float32. (n)
 * @throws ArgumentError if head_dim is not a positive multiple of 8.
 */
export function inverseFrequencies({ head_dim, base = 10000 }: RopeConfig): Float32Array {
  if (!(Number.isSafeInteger(head_dim) && head_dim > 0 && head_dim % (2 * AXES) === 0)) {
    throw new ArgumentError('head_dim', `a positive multiple of ${2 * AXES}`, head_dim);
  }
  const n = head_dim / (2 * AXES);
  return Float32Array.from({ length: n }, (_, i) => 1 / Math.fround(base ** Math.fround(i / n)));
}

/**
 * Cosines, then sines of all positions of one axis. (2, P, n)
 * @param positions P positions, of any size.
 */
export function rotaryTable(config: RopeConfig, positions: ArrayLike<number>): HostTensor {
  const frequencies = inverseFrequencies(config); // (n)
  const n = frequencies.length;
  const count = positions.length * n;
  const table = new Float32Array(2 * count); // (2, P, n)
  for (let p = 0; p < positions.length; p++) {
    for (let i = 0; i < n; i++) {
      const angle = Math.fround(Math.fround(positions[p]) * frequencies[i]);
      table[p * n + i] = Math.cos(angle);
      table[count + p * n + i] = Math.sin(angle);
    }
  }
  return hostTensor(table, [2, positions.length, n]);
}
