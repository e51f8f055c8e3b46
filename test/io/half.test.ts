import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bfloatToFloat, floatToBfloat, floatToHalf, halfToFloat } from '../../src/array/half.ts';

const every = Uint16Array.from({ length: 65536 }, (_, i) => i);
const formats = [
  { name: 'f16', widen: halfToFloat, narrow: floatToHalf, infinity: 0x7c00 },
  { name: 'bf16', widen: bfloatToFloat, narrow: floatToBfloat, infinity: 0x7f80 },
];

/** The value of f16 bits by its definition. */
function definition(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

it('widens f16 as it is defined, for all 65536 patterns', () => {
  expect(halfToFloat(every).every((value, i) => Object.is(value, Math.fround(definition(i))))).toBe(true);
});

it('knows some values', () => {
  expect([...bfloatToFloat(Uint16Array.of(0x3f80, 0xc049, 0x0000))]).toEqual([1, -3.140625, 0]);
  expect([...floatToHalf(Float32Array.of(1, -2, 65504, 65519.99, 65520, 2 ** -24, 2 ** -25, 1.5 * 2 ** -25))]).toEqual(
    [0x3c00, 0xc000, 0x7bff, 0x7bff, 0x7c00, 1, 0, 1],
  );
});

describe.each(formats)('$name', ({ widen, narrow, infinity }) => {
  it('gets every pattern back; NaN stays NaN', () => {
    const back = narrow(widen(every));
    const wrong = every.filter((bits) => {
      const nan = (bits & 0x7fff) > infinity;
      return nan ? (back[bits] & 0x7fff) <= infinity : back[bits] !== bits;
    });
    expect([...wrong]).toEqual([]);
  });

  it('keeps every NaN of float32 a NaN', () => {
    const bits = Uint32Array.of(0x7f800001, 0xff800001, 0x7fffffff, 0x7fc00000);
    expect([...narrow(new Float32Array(bits.buffer))].every((half) => (half & 0x7fff) > infinity)).toBe(true);
  });

  it('rounds to the nearest, ties to even', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 0xffffffff }), (pattern) => {
      const value = new Float32Array(Uint32Array.of(pattern).buffer);
      if (Number.isNaN(value[0])) return true;
      const half = narrow(value)[0];
      // Neighbours in magnitude; the one above the largest is taken as if the format went on.
      const top = (widen(Uint16Array.of(infinity - 1))[0] - widen(Uint16Array.of(infinity - 2))[0]);
      const magnitude = (bits: number) =>
        bits === infinity ? widen(Uint16Array.of(infinity - 1))[0] + top : widen(Uint16Array.of(bits))[0];
      const [x, kept] = [Math.abs(value[0]), half & 0x7fff];
      if (x === Infinity) return kept === infinity;
      if (half >> 15 !== pattern >>> 31) return false;
      const error = Math.abs(magnitude(kept) - x);
      const others = [kept - 1, kept + 1].filter((bits) => bits >= 0 && bits <= infinity);
      return others.every((bits) => {
        const other = Math.abs(magnitude(bits) - x);
        return error < other || (error === other && kept % 2 === 0) || (kept === infinity && bits < kept && error <= x);
      });
    }), { numRuns: 5000 });
  });
});
