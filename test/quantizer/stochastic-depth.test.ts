import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArgumentError } from '../../src/errors.ts';
import { droppedScales } from '../../src/quantizer/stochastic-depth.ts';

const uniform = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

const draws = fc.integer({ min: 1, max: 20 }).chain((scales) => {
  return fc.integer({ min: 0, max: scales - 1 }).chain((last) => {
    return fc.record({
      scales: fc.constant(scales),
      last: fc.constant(last),
      probability: fc.double({ min: 0, max: 1, noNaN: true }),
      uniforms: fc.array(uniform, { minLength: last, maxLength: last }),
    });
  });
});

describe('stochastic quantizer depth', () => {
  it('drops a scale of the last N where its draw is below p, and no other', () => {
    fc.assert(
      fc.property(draws, ({ scales, last, probability, uniforms }) => {
        const dropped = droppedScales(scales, last, probability, uniforms);
        expect(dropped.slice(0, scales - last)).toEqual(Array(scales - last).fill(false));
        expect(dropped.slice(scales - last)).toEqual(uniforms.map((u) => u < probability));
      }),
    );
  });

  it('drops all of them at p = 1 and none at p = 0', () => {
    expect(droppedScales(4, 3, 1, [0, 0.5, 0.999])).toEqual([false, true, true, true]);
    expect(droppedScales(4, 3, 0, [0, 0.5, 0.999])).toEqual([false, false, false, false]);
  });

  it.each([
    [4, 4, 0.5, [0, 0, 0, 0]],
    [4, -1, 0.5, []],
    [4, 1, 1.5, [0]],
    [4, 1, NaN, [0]],
    [4, 2, 0.5, [0]],
  ])('refuses %j scales, %j last, p %j, draws %j', (scales, last, probability, uniforms) => {
    expect(() => droppedScales(scales, last, probability, uniforms)).toThrow(ArgumentError);
  });
});
