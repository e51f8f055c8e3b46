import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import { frameIndices, selectFrames } from '../../src/io/select-frames.ts';

/** Frames, rate, wanted frames, end; sum, first five and last index by numpy with the official formula. */
const byNumpy = [
  [300, 30, 81, 'start', 5995, [0, 1, 3, 5, 7], 149],
  [300, 30, 81, 'end', 18145, [150, 151, 153, 155, 157], 299],
  [200, 24, 17, 'end', 3180, [176, 177, 178, 180, 181], 199],
  [40, 25, 81, 'start', 1540, [0, 0, 0, 1, 1], 39],
  [301, 30000 / 1001, 81, 'end', 18268, [152, 153, 155, 157, 159], 300],
  [9, 8, 5, 'start', 1, [0, 0, 0, 0, 1], 1],
] as const;

describe('frameIndices', () => {
  it.each(byNumpy)('%i frames at %f → %i from the %s', (count, fps, frames, from, sum, head, last) => {
    const got = frameIndices(count, fps, frames, 16, from);
    expect([got.reduce((a, b) => a + b, 0), got.slice(0, 5), got.at(-1)]).toEqual([sum, head, last]);
  });

  it('gives the frames of a video at the model rate one by one', () => {
    expect(frameIndices(7, 16, 5, 16, 'start')).toEqual([0, 1, 2, 3, 4]);
    expect(frameIndices(7, 16, 5, 16, 'end')).toEqual([2, 3, 4, 5, 6]);
  });

  it('stays inside the video and in order', () => {
    const positive = fc.integer({ min: 1, max: 400 });
    const rate = fc.double({ min: 0.1, max: 120, noNaN: true });
    const side = fc.constantFrom('start' as const, 'end' as const);
    fc.assert(fc.property(positive, rate, positive, side, (count, fps, frames, from) => {
      const got = frameIndices(count, fps, frames, 16, from);
      return got.length === frames && got.every((t, i) => t >= (got[i - 1] ?? 0) && t < count);
    }));
  });

  it('refuses an impossible rate', () => {
    expect(() => frameIndices(4, 0, 5, 16, 'start')).toThrow('fps: expected a positive rate, got 0');
  });
});

it('selectFrames copies the chosen frames', () => {
  const frames = hostTensor(Uint8Array.from({ length: 30 }, (_, i) => Math.floor(i / 3)), [10, 1, 1, 3]);
  const got = selectFrames({ frames, fps: 32 }, 5, 16, 'start');
  expect(got.shape).toEqual([5, 1, 1, 3]);
  expect([...got.data].filter((_, i) => i % 3 === 0)).toEqual(frameIndices(10, 32, 5, 16, 'start'));
});
