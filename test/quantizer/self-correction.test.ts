import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import { ShapeError } from '../../src/errors.ts';
import { flipBits, strengthDraws } from '../../src/quantizer/self-correction.ts';

const bitsAndDraws = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 1 }), fc.float({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
  { minLength: 1, maxLength: 200 },
);

describe('bitwise self-correction', () => {
  it('flips a bit exactly where its draw is below the strength', () => {
    fc.assert(
      fc.property(bitsAndDraws, fc.integer({ min: 0, max: 100 }), (pairs, k) => {
        const bits = hostTensor(Uint8Array.from(pairs, ([bit]) => bit), [1, 1, 1, 1, pairs.length]);
        const uniforms = hostTensor(Float32Array.from(pairs, ([, uniform]) => uniform), bits.shape);
        const flipped = flipBits(bits, uniforms, 0.01 * k);
        const below = Math.fround(0.01 * k);
        expect([...rowMajor(flipped)]).toEqual(pairs.map(([bit, uniform]) => (uniform < below ? 1 - bit : bit)));
        expect([...rowMajor(bits)]).toEqual(pairs.map(([bit]) => bit));
      }),
    );
  });

  it('changes nothing at strength 0, everything at 1, and has no share of a draw equal to the strength', () => {
    const bits = hostTensor(Uint8Array.from([0, 1, 0, 1]), [4]);
    const uniforms = hostTensor(Float32Array.from([0, 0, 0.17, 0.999]), [4]);
    expect([...rowMajor(flipBits(bits, uniforms, 0))]).toEqual([0, 1, 0, 1]);
    expect([...rowMajor(flipBits(bits, uniforms, 1))]).toEqual([1, 0, 1, 0]);
    expect([...rowMajor(flipBits(bits, uniforms, 17 * 0.01))]).toEqual([1, 0, 0, 1]);
  });

  it('compares in single precision: a draw equal to the rounded strength does not flip', () => {
    const draws = Float32Array.from({ length: 101 }, (_, k) => 0.01 * k);
    for (const [k, draw] of draws.entries()) {
      const bit = hostTensor(Uint8Array.of(1), [1]);
      expect(flipBits(bit, hostTensor(Float32Array.of(draw), [1]), 0.01 * k).get(0)).toBe(1);
    }
  });

  it.each([
    [0.3, 31],
    [0.1, 11],
    [0.29, 29], // 100·0.29 = 28.999999999999996
    [0, 1],
    [-1, 1],
  ])('draws an integer for maximum strength %d below %d', (strength, bound) => {
    expect(strengthDraws(strength)).toBe(bound);
  });

  it('refuses draws of another shape', () => {
    const bits = hostTensor(new Uint8Array(4), [2, 2]);
    expect(() => flipBits(bits, hostTensor(new Float32Array(4), [4]), 0.1)).toThrow(ShapeError);
  });
});
