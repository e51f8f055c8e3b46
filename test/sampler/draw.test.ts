import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArgumentError, ShapeError } from '../../src/errors.ts';
import { drawBits, probabilityOfZero } from '../../src/sampler/draw.ts';
import { replayedUniforms, seededUniforms } from '../../src/sampler/uniforms.ts';

describe('draws', () => {
  it('give 1 exactly where the uniform is at least the probability of 0', () => {
    const logit = fc.double({ min: -40, max: 40, noNaN: true });
    fc.assert(
      fc.property(logit, logit, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (l0, l1, u) => {
        const p0 = probabilityOfZero(l0, l1);
        expect(p0 + probabilityOfZero(l1, l0)).toBeCloseTo(1, 12);
        expect(drawBits(Float64Array.of(l0, l1), [u])[0]).toBe(u >= p0 ? 1 : 0);
        expect(drawBits(Float64Array.of(l0, l1), [p0])[0]).toBe(1);
      }),
    );
  });

  it('are certain for far-apart logits, without overflow', () => {
    const logits = Float64Array.of(5000, -5000, -5000, 5000);
    expect([...drawBits(logits, [1 - 2 ** -53, 0])]).toEqual([0, 1]);
  });

  it('follow the probabilities', () => {
    const n = 20000;
    const logits = Float64Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? Math.log(0.3) : Math.log(0.7)));
    const ones = drawBits(logits, seededUniforms(7).next(n)).reduce((sum, bit) => sum + bit, 0);
    expect(Math.abs(ones / n - 0.7)).toBeLessThan(0.015);
  });

  it('need one uniform a bit', () => {
    expect(() => drawBits(new Float64Array(4), [0.5])).toThrow(ShapeError);
  });
});

describe('seeded uniforms', () => {
  // numpy.random.RandomState(seed).random_sample(1000)
  it.each([
    [0, [0.5488135039273248, 0.7151893663724195, 0.6027633760716439], 0.6771411441114241],
    [41, [0.25092362374494015, 0.046095820672611754, 0.6768162411105584], 0.9065049008490988],
    [4294967295, [0.0976320289940138, 0.9123828453026218, 0.78903530185164], 0.556626859384112],
  ])('of seed %i are the known stream', (seed, first, last) => {
    const values = Array.from(seededUniforms(seed).next(1000));
    expect(values.slice(0, 3)).toEqual(first);
    expect(values[999]).toBe(last);
  });

  it('do not depend on how they are split over steps', () => {
    const [whole, parts] = [seededUniforms(3), seededUniforms(3)];
    const split = [2, 0, 5, 1].flatMap((count) => Array.from(parts.next(count)));
    expect(split).toEqual(Array.from(whole.next(8)));
  });

  it.each([-1, 0.5, 2 ** 32, Number.NaN])('refuse the seed %d', (seed) => {
    expect(() => seededUniforms(seed)).toThrow(ArgumentError);
  });
});

describe('replayed uniforms', () => {
  it('are handed out step by step, and only as many as were recorded', () => {
    const uniforms = replayedUniforms([[0.1, 0.2], [0.3]]);
    expect(uniforms.next(2)).toEqual([0.1, 0.2]);
    expect(() => uniforms.next(2)).toThrow(/uniforms\/1.*2 uniforms.*1/);
    expect(uniforms.next(1)).toEqual([0.3]);
    expect(() => uniforms.next(1)).toThrow(/uniforms\/2.*none/);
  });
});
