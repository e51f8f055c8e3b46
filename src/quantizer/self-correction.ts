/**
 * Spec L1: bitwise self-correction.
 *
 *     k ~ uniform{0, 1, …, 100·s},   bit' = bit ⊕ [uniform < 0.01·k]   for each bit
 *
 * In transformer training the code that is accumulated, and so every later input, comes from the flipped bits,
 * and the later labels from the residual that they leave: the model learns to repair its own mistakes. The labels
 * of the flipped step itself stay true. k is drawn anew at every step; the last scale is never flipped.
 *
 * The strength s may differ from scale to scale, end after the first scales, or hold for one scale of the image and one of
 * the clips alone. With `noise_apply_requant` 0 the code goes on from the true bits: then only the flipped bits that are
 * reported differ, for the official code shows them to no network.
 *
 * Paper §3.4 (from arXiv 2412.04431). Official: models/self_correction.py:SelfCorrection.apply_noise_requant.
 */

import type { HostBits, HostTensor } from '../array/host.ts';
import { hostTensor, rowMajor, sameShape } from '../array/host.ts';
import { ArgumentError, ShapeError } from '../errors.ts';

/** Official names. */
export interface SelfCorrectionConfig {
  /** s, the largest share of bits to flip, of all scales or of each by its index in the schedule; at most 0: none. */
  readonly noise_apply_strength: number | readonly number[];
  /** Only scales with an index below this are flipped; all but the last unless given. */
  readonly noise_apply_layers?: number;
  /** 0: the code is accumulated from the true bits. */
  readonly noise_apply_requant?: 0 | 1;
  /** 1: one drawn scale of the image and one of the clips keep their strength, the others have none. */
  readonly noise_apply_random_one?: 0 | 1;
}

/**
 * s of every scale of a schedule.
 * @throws ArgumentError if a list is shorter than the schedule.
 */
export function scaleStrengths({ noise_apply_strength: strength }: SelfCorrectionConfig, scales: number): number[] {
  if (typeof strength === 'number') return new Array<number>(scales).fill(strength);
  if (strength.length >= scales) return strength.slice(0, scales);
  throw new ArgumentError('noise_apply_strength', `a number, or one for each of ${scales} scales`, `${strength.length} numbers`);
}

/**
 * Exclusive upper bound of the integer draw k for a maximum strength; the share of flipped bits is 0.01·k.
 * A strength of at most 0 (−1 in the released settings means "off") leaves only k = 0. 100·s is cut to an integer
 * as it comes in double precision, so that 0.29 gives 28, as in the official code.
 */
export function strengthDraws(strength: number): number {
  return Math.trunc(Math.max(1, 100 * strength + 1));
}

/**
 * Flips bits.
 * @param bits (B, t, h, w, d); left as they are.
 * @param uniforms same shape, draws from [0, 1).
 * @param strength share of bits to flip, 0.01·k. Compared in single precision, like the draws.
 * @throws ShapeError if the shapes differ.
 */
export function flipBits(bits: HostBits, uniforms: HostTensor, strength: number): HostBits {
  if (!sameShape(bits.shape, uniforms.shape)) {
    throw new ShapeError('uniforms', `shape [${bits.shape.join(', ')}]`, uniforms.shape);
  }
  const draws = rowMajor(uniforms);
  const below = Math.fround(strength);
  const flipped = Uint8Array.from(rowMajor(bits), (bit, i) => (draws[i] < below ? 1 - bit : bit));
  return hostTensor(flipped, bits.shape);
}
