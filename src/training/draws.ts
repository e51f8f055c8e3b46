/**
 * Every random decision of transformer training, drawn in this order for each sample: which repetition of each scale is
 * trained on (L2); with noise_apply_random_one, which scales have errors; for every step the strength of its errors and
 * then one uniform per bit (L1); whether the caption is dropped (L4). Official: numpy.random, torch.rand and
 * random.random, wherever they occur.
 */

import type { Uniforms } from '../sampler/uniforms.ts';

export interface TrainingDraws {
  /** An integer from 0 to count − 1: the repetition of a scale. */
  repetition(count: number): number;
  /** An integer from 0 to count − 1: the one scale of so many that has errors. */
  scale(count: number): number;
  /** An integer from 0 to count − 1: the strength of errors in hundredths. */
  strength(count: number): number;
  /** Uniforms in [0, 1), one per bit. */
  flips(count: number): ArrayLike<number>;
  /** A uniform in [0, 1): the caption is dropped if it is below the rate. */
  drop(): number;
}

export function drawsFrom(uniforms: Uniforms): TrainingDraws {
  const integer = (count: number): number => Math.floor(uniforms.next(1)[0] * count);
  return {
    repetition: integer,
    scale: integer,
    strength: integer,
    flips: (count) => uniforms.next(count),
    drop: () => uniforms.next(1)[0],
  };
}
