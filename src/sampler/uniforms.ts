/**
 * Where the uniforms of a sampling run come from.
 *
 * The seeded source is the Mersenne twister MT19937 with its original initialization by one 32-bit integer
 * (init_genrand). Two outputs a, b make one double with 53 random bits,
 *
 *   u = (⌊a / 2⁵⌋ · 2²⁶ + ⌊b / 2⁶⌋) / 2⁵³,   0 ≤ u < 1  (genrand_res53),
 *
 * one for every bit of every executed step, in order, those with forced bits too. This is the stream of
 * `numpy.random.RandomState(seed).random_sample()`, so every other port can reproduce a run exactly. It is not the
 * stream of the official code, which draws on the GPU.
 *
 * Spec S5, P4.
 */

import { mersenne } from 'pure-rand/generator/mersenne';
import { ArgumentError } from '../errors.ts';

export interface Uniforms {
  /** The next `count` uniforms in [0, 1), for one step. */
  next(count: number): ArrayLike<number>;
}

/** @throws ArgumentError unless it is an integer from 0 to 2³² − 1. */
export function checkSeed(seed: number): void {
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) throw new ArgumentError('seed', 'an integer from 0 to 4294967295', seed);
}

/**
 * @param seed an integer from 0 to 2³² − 1.
 * @throws ArgumentError for any other number.
 */
export function seededUniforms(seed: number): Uniforms {
  checkSeed(seed);
  const generator = mersenne(seed);
  return {
    next(count) {
      const uniforms = new Float64Array(count);
      for (let i = 0; i < count; i++) {
        const a = generator.next() >>> 5;
        const b = generator.next() >>> 6;
        uniforms[i] = (a * 2 ** 26 + b) / 2 ** 53;
      }
      return uniforms;
    },
  };
}

/**
 * Given uniforms, one list per step.
 * @throws ArgumentError (in `next`) when the lists are used up or one has another length than the step needs.
 */
export function replayedUniforms(lists: readonly ArrayLike<number>[]): Uniforms {
  let step = 0;
  return {
    next(count) {
      const list = lists[step];
      if (list?.length !== count) {
        throw new ArgumentError(`uniforms/${step}`, `${count} uniforms`, list === undefined ? 'none' : list.length);
      }
      step++;
      return list;
    },
  };
}
