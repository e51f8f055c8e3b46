/** Squares around shapes: pieces of the video, at the same place in every frame, with some of the shape in one of them. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toyWorld } from '../../src/toyworld/dataset.ts';
import { cutAroundShapes } from '../../src/training/run/cut.ts';
import { build } from '../backend/arrays.ts';

const world = toyWorld();
/** Three of each of two videos. */
const draws = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 6, maxLength: 6 });

it('cuts the same square out of every frame and channel, and finds the shape', () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.constantFrom(32, 48), draws, (first, side, uniforms) => {
      const whole = world.batch(first, 2, 3);
      const { video, foreground } = cutAroundShapes(whole, side, uniforms);
      expect(video.shape).toEqual([2, 3, 3, side, side]);
      expect(foreground.shape).toEqual([2, 1, 3, side, side]);
      for (const sample of [0, 1]) {
        const size = 3 * side * side;
        const own = foreground.data.subarray(sample * size, (sample + 1) * size);
        expect(own.some((share) => share > 0)).toBe(true);
        expect(placeOf(whole, { video, foreground }, sample, side)).toBeDefined();
      }
    }),
    { numRuns: 10 },
  );
});

it('takes any place where there is no foreground', () => {
  const whole = { video: build([1, 3, 1, 64, 64], (...at) => at[3] * 64 + at[4]), foreground: build([1, 1, 1, 64, 64], () => 0) };
  const corner = (uniforms: number[]): number => cutAroundShapes(whole, 16, uniforms).video.data[0];
  expect(corner([0, 0, 0])).toBe(0);
  expect(corner([0, 0.5, 0.25])).toBe((32 - 8) * 64 + 16 - 8);
  expect(corner([0, 0.99, 0.99])).toBe(48 * 64 + 48);
});

type Shown = Parameters<typeof cutAroundShapes>[0];

/** Where in the whole frames the square lies, the same for all frames and for video and foreground. */
function placeOf(whole: Shown, part: Shown, sample: number, side: number): readonly [number, number] | undefined {
  for (let row = 0; row <= 64 - side; row++) {
    for (let column = 0; column <= 64 - side; column++) {
      const same = (['video', 'foreground'] as const).every((of) => {
        const [, channels, frames] = whole[of].shape;
        for (let c = 0; c < channels; c++) {
          for (let t = 0; t < frames; t++) {
            for (let i = 0; i < side; i++) {
              for (let j = 0; j < side; j++) {
                if (part[of].get(sample, c, t, i, j) !== whole[of].get(sample, c, t, row + i, column + j)) return false;
              }
            }
          }
        }
        return true;
      });
      if (same) return [row, column];
    }
  }
  return undefined;
}
