/** Which scales get errors, and how strong: lists of strengths, the first scales alone, one scale of image and clips (L1). */

import { describe, expect, it } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import { ArgumentError } from '../../src/errors.ts';
import { expandSteps } from '../../src/pyramid/repetition.ts';
import { makeSchedule } from '../../src/pyramid/schedule.ts';
import { scaleStrengths } from '../../src/quantizer/self-correction.ts';
import type { SelfCorrectionConfig } from '../../src/quantizer/self-correction.ts';
import { seededUniforms } from '../../src/sampler/uniforms.ts';
import { bitErrors } from '../../src/training/bit-errors.ts';
import { drawsFrom } from '../../src/training/draws.ts';

const schedule = makeSchedule([[1, 1], [2, 2], [3, 4]], 2, 3);
const steps = expandSteps(schedule, { image_scale_repetition: [1, 1, 1], video_scale_repetition: [1, 1, 1] });
const SIZE = 1000;

/** Of every scale, for each of two samples: the share of flipped bits. */
function shares(config: SelfCorrectionConfig, seed: number): number[][] {
  const corrupt = bitErrors(schedule, config, 2, drawsFrom(seededUniforms(seed)));
  return steps.map((step) => {
    const { data } = corrupt(hostTensor(new Uint8Array(2 * SIZE), [2, 1, 1, SIZE, 1]), step);
    return [0, 1].map((row) => data.subarray(row * SIZE, (row + 1) * SIZE).reduce((sum, bit) => sum + bit, 0) / SIZE);
  });
}

describe('bitErrors', () => {
  it('draws shares from 0 to the strength of each scale, evenly', () => {
    const seen = Array.from({ length: 60 }, (_, seed) => shares({ noise_apply_strength: [0.3, 0, 0.1, -1, 0.02, 1] }, seed));
    const largest = steps.map(({ si }) => Math.max(...seen.flatMap((run) => run[si])));
    [0.3, 0, 0.1, 0, 0.02, 1].forEach((strength, si) => expect(Math.abs(largest[si] - strength)).toBeLessThan(0.05));
    const mean = seen.flatMap((run) => run[0]).reduce((sum, share) => sum + share, 0) / 120;
    expect(Math.abs(mean - 0.15)).toBeLessThan(0.03);
  });

  it('leaves scales from noise_apply_layers on as they are, without a draw', () => {
    const uniforms = seededUniforms(3);
    const corrupt = bitErrors(schedule, { noise_apply_strength: 0.5, noise_apply_layers: 2 }, 1, drawsFrom(uniforms));
    const bits = hostTensor(new Uint8Array(8), [1, 1, 1, 8, 1]);
    for (const step of steps.slice(2)) expect(corrupt(bits, step)).toBe(bits);
    expect(uniforms.next(1)[0]).toBe(seededUniforms(3).next(1)[0]);
  });

  it('keeps one scale of the image and one of the clips with noise_apply_random_one, each as often', () => {
    const counts = new Array<number>(6).fill(0);
    for (let seed = 0; seed < 120; seed++) {
      const kept = shares({ noise_apply_strength: 1, noise_apply_random_one: 1 }, seed).map(([share]) => share > 0);
      expect(kept.slice(0, 3).filter(Boolean).length).toBeLessThanOrEqual(1); // 0 where the drawn strength is 0
      expect(kept.slice(3).filter(Boolean).length).toBeLessThanOrEqual(1);
      kept.forEach((is, si) => (counts[si] += Number(is)));
    }
    for (const count of counts) expect(Math.abs(count - 120 / 3)).toBeLessThan(20);
  });

  it('needs a strength for each scale', () => {
    expect(() => scaleStrengths({ noise_apply_strength: [0.1, 0.2] }, 3)).toThrow(ArgumentError);
    expect(scaleStrengths({ noise_apply_strength: [0.1, 0.2, 0.3] }, 2)).toEqual([0.1, 0.2]);
  });
});
