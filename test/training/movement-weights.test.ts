import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import { movementWeights } from '../../src/training/movement-weights.ts';

describe('weights of pixels that change', () => {
  it('weighs a pixel before and after it changes, by how much', () => {
    // one pixel beside a still one: white, white, black, half way
    const red = [1, 0.5, 1, 0.5, -1, 0.5, 0, 0.5];
    const video = hostTensor(Float32Array.from([...red, ...red, ...red]), [1, 3, 4, 1, 2]);
    const { data, shape } = movementWeights(video);
    expect(shape).toEqual([1, 1, 4, 1, 2]);
    expect(Array.from(data)).toEqual([0, 0, 1, 0, 1, 0, 0.5, 0]);
  });

  it('is the mean over the channels, each sample by itself', () => {
    const still = [0, 0];
    const video = hostTensor(Float32Array.from([...still, ...still, ...still, 1, -1, ...still, ...still]), [2, 3, 2, 1, 1]);
    const { data } = movementWeights(video);
    expect(data[0]).toBe(0);
    expect(data[1]).toBe(0);
    expect(data[2]).toBeCloseTo(1 / 3, 6);
    expect(data[3]).toBeCloseTo(1 / 3, 6);
  });

  it('is 0 for single frames, from 0 to 1, and the same backwards', () => {
    const frame = fc.array(fc.integer({ min: -8, max: 8 }).map((value) => value / 8), { minLength: 4, maxLength: 4 });
    fc.assert(fc.property(fc.array(frame, { minLength: 1, maxLength: 5 }), (frames) => {
      const weightsOf = (values: readonly number[][]): Float32Array => (
        movementWeights(hostTensor(Float32Array.from(values.flat()), [1, 1, values.length, 2, 2])).data
      );
      const weights = weightsOf(frames);
      const backwards = weightsOf(frames.toReversed());
      for (const [i, weight] of weights.entries()) {
        expect(weight).toBeGreaterThanOrEqual(0);
        expect(weight).toBeLessThanOrEqual(frames.length === 1 ? 0 : 1);
        expect(backwards[(frames.length - 1 - Math.floor(i / 4)) * 4 + (i % 4)]).toBe(weight);
      }
    }), { numRuns: 50 });
  });
});
