import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import type { HostTensor } from '../../src/array/host.ts';
import { ArgumentError } from '../../src/errors.ts';
import { guide, projectedGuidance } from '../../src/sampler/guidance.ts';

const number = fc.double({ min: -20, max: 20, noNaN: true }).map(Math.fround);
/** Logits of two rows with n values each. */
const pair = fc.integer({ min: 2, max: 40 }).chain((n) =>
  fc.record({
    cond: fc.array(number, { minLength: n, maxLength: n }),
    uncond: fc.array(number, { minLength: n, maxLength: n }),
  }),
);

function logitsOf(cond: readonly number[], uncond: readonly number[]): HostTensor {
  return hostTensor(Float32Array.from([...cond, ...uncond]), [2, 1, cond.length]);
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  return Array.from(a).reduce((sum, x, i) => sum + x * b[i], 0);
};
const norm = (a: ArrayLike<number>): number => Math.sqrt(dot(a, a));

describe('guidance', () => {
  it('of scale 1 is the prompt alone, whatever the method; one row is then enough', () => {
    fc.assert(
      fc.property(pair, fc.double({ min: 0.1, max: 4, noNaN: true }), ({ cond, uncond }, tau) => {
        const expected = cond.map((c) => c * (1 / tau));
        for (const guidance of [{ method: 'cfg' } as const, { method: 'apg', threshold: 0.1, eta: 0 } as const]) {
          expect([...guide(logitsOf(cond, uncond), tau, 1, guidance)]).toEqual(expected);
        }
        const alone = hostTensor(Float32Array.from(cond), [1, 1, cond.length]);
        expect([...guide(alone, tau, 1, { method: 'cfg' })]).toEqual(expected);
      }),
    );
  });

  it('comes after the temperature', () => {
    const logits = logitsOf([2, -1, 3, 0.5], [1, 1, -2, 0]);
    const threshold = 0.5;
    const cold = guide(logits, 0.25, 5, { method: 'apg', threshold, eta: 0 });
    const scaled = logitsOf([8, -4, 12, 2], [4, 4, -8, 0]);
    expect([...cold]).toEqual([...guide(scaled, 1, 5, { method: 'apg', threshold, eta: 0 })]);
    const late = guide(logits, 1, 5, { method: 'apg', threshold, eta: 0 }).map((value) => value * 4);
    expect(Math.abs(cold[0] - late[0])).toBeGreaterThan(0.1);
  });

  it('without a second row is refused', () => {
    const alone = hostTensor(new Float32Array(4), [1, 1, 4]);
    expect(() => guide(alone, 1, 3, { method: 'cfg' })).toThrow(ArgumentError);
  });

  it('is linear for CFG: 0 gives the null prompt, 1 the prompt, beyond extrapolates', () => {
    const logits = logitsOf([1, 2], [5, -3]);
    expect([...guide(logits, 1, 0, { method: 'cfg' })]).toEqual([5, -3]);
    expect([...guide(logits, 1, 3, { method: 'cfg' })]).toEqual([-7, 12]);
  });
});

describe('projected guidance', () => {
  const scale = 34;

  it('adds nothing along the prompt (η = 0), and no more than the threshold', () => {
    fc.assert(
      fc.property(pair, ({ cond, uncond }) => {
        const [c, u] = [Float64Array.from(cond), Float64Array.from(uncond)];
        const guided = projectedGuidance(c, u, scale, { threshold: 0.05, eta: 0 });
        const update = guided.map((g, i) => (g - c[i]) / (scale - 1));
        expect(Math.abs(dot(update, c))).toBeLessThan(1e-9 * (1 + norm(c)));
        expect(norm(update) / Math.sqrt(c.length)).toBeLessThan(0.05 * (1 + 1e-9));
      }),
    );
  });

  it('with η = 1 and no threshold is CFG', () => {
    fc.assert(
      fc.property(pair, ({ cond, uncond }) => {
        const logits = logitsOf(cond, uncond);
        const plain = guide(logits, 1, 7, { method: 'cfg' });
        const projected = guide(logits, 1, 7, { method: 'apg', threshold: 0, eta: 1 });
        plain.forEach((value, i) => {
          expect(projected[i]).toBeCloseTo(value, 9);
        });
      }),
    );
  });

  it('does nothing where both prompts agree, zeros included', () => {
    const zeros = new Float64Array(6);
    expect([...projectedGuidance(zeros, zeros, scale, { threshold: 0.05, eta: 0 })]).toEqual([...zeros]);
  });
});
