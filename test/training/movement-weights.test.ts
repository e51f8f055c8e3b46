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

  it('is 0 for single frames, and from 0 to 1, the same backwards', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 5 }), fc.infiniteStream(fc.float({ min: -1, max: 1, noNaN: true })), (frames, values) => {
      const drawn = Float32Array.from({ length: 3 * frames * 4 }, () => values.next().value);
      const back = Float32Array.from(drawn, (_, i) => drawn[(Math.floor(i / 4 / frames) * frames + frames - 1 - (Math.floor(i / 4) % frames)) * 4 + (i % 4)]);
      const [m, backwards] = [drawn, back].map((data) => movementWeights(hostTensor(data, [1, 3, frames, 2, 2])).data);
      if (frames === 1) expect(m.every((w) => w === 0)).toBe(true);
      for (let t = 0; t < frames; t++) {
        for (let p = 0; p < 4; p++) {
          expect(m[t * 4 + p]).toBeGreaterThanOrEqual(0);
          expect(m[t * 4 + p]).toBeLessThanOrEqual(1);
          expect(backwards[(frames - 1 - t) * 4 + p]).toBe(m[t * 4 + p]);
        }
      }
    }), { numRuns: 30 });
  });
});
