/** What `quality` measures: nothing against itself, little against eight bits, more against four. */

import { describe, expect, it } from 'vitest';
import { drawBits } from '../../src/sampler/draw.ts';
import type { StepQuality } from '../../src/quality/forced-history.ts';
import { History } from '../../src/quality/forced-history.ts';

const step = { si: 2, repeat: 0, realSi: 5, last: true };
const logits = Float64Array.of(0, 1, 2, 0, 0, 0, -30, 30);
const uniforms = [0.1, 0.9, 0.4, 0.5];

function replayed(other: Float64Array): { quality: StepQuality; bits: Uint8Array } {
  const history = new History();
  expect(history.record(logits, uniforms, step)).toEqual(drawBits(logits, uniforms));
  const found: StepQuality[] = [];
  const bits = history.replay((quality) => found.push(quality))(other, uniforms, step);
  return { quality: found[0], bits };
}

describe('a history', () => {
  it('differs from itself in nothing', () => {
    expect(replayed(logits).quality).toEqual({ si: 2, repeat: 0, bits: 4, equal: 4, kl: 0, squares: 0 });
  });

  it('is what the other model goes on from, whatever it would have drawn', () => {
    const other = Float64Array.from(logits);
    other.set([5, 0], 2); // label 0 of bit 1 becomes certain: 0.9 < 0.993
    const { quality, bits } = replayed(other);
    expect(bits).toEqual(drawBits(logits, uniforms));
    expect(quality.equal).toBe(3);
    expect(quality.squares).toBeCloseTo(9, 6);
    // p = (0.8808, 0.1192), p̂ = (0.9933, 0.0067)
    const [p, q] = [1 / (1 + Math.exp(-2)), 1 / (1 + Math.exp(-5))];
    expect(quality.kl).toBeCloseTo(p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q)), 9);
  });

  it('stays finite where both are certain', () => {
    const other = Float64Array.from(logits);
    other.set([-400, 400], 6);
    expect(replayed(other).quality.kl).toBeLessThan(1e-9);
  });

  it('refuses a run of other steps', () => {
    const history = new History();
    history.record(logits, uniforms, step);
    const replay = history.replay(() => undefined);
    expect(() => replay(logits, uniforms, { ...step, realSi: 6 })).toThrow(/schedule and vocabulary/);
  });
});
