/** Samplers published since: off they change nothing, on they do what their files say. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import { makeBackend } from '../../src/backends.ts';
import { ArgumentError } from '../../src/errors.ts';
import { shippedModel } from '../../src/model/default.ts';
import { loadModel } from '../../src/model/load.ts';
import type { Model } from '../../src/model/load.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';
import type { GenerateRequest } from '../../src/pipeline/generate.ts';
import { diverseDraw, energyOf, meanConfidence } from '../../src/sampler/diverse.ts';
import { drawBits } from '../../src/sampler/draw.ts';
import { keptCells, maskOf, spreadBits, takeNumbers } from '../../src/sampler/fast-star.ts';
import type { StepReport } from '../../src/sampler/sample.ts';

let model: Model;
beforeAll(async () => {
  model = await loadModel(shippedModel('toy'), await makeBackend('wasm', { threads: 1 }));
});
afterAll(() => model.backend.close());

async function stepsOf(changes: Partial<GenerateRequest>): Promise<StepReport[]> {
  const steps: StepReport[] = [];
  const onStep = (step: StepReport): void => void steps.push(step);
  await generateVideo(model, { prompt: 'a red circle moving right on a white background', seed: 5, onStep, ...changes });
  return steps;
}
const bitsOf = (steps: readonly StepReport[]): string => steps.map(({ bits }) => Buffer.from(bits.data).toString('hex')).join();

describe('token pruning', () => {
  it('with all cells kept is the full run; with fewer, pruned scales alone have fewer logits', async () => {
    const full = await stepsOf({});
    expect(bitsOf(await stepsOf({ pruning: { keep: 1 } }))).toBe(bitsOf(full));
    const half = await stepsOf({ pruning: { keep: 0.5 } });
    expect(half.map(({ logits }) => logits.shape[1])).toEqual([1, 1, 4, 4, 9, 9, 8, 4, 4, 16, 16, 36, 36, 32]);
    expect(bitsOf(half.slice(0, 6))).toBe(bitsOf(full.slice(0, 6))); // nothing before it is changed
    const two = await stepsOf({ pruning: { keep: 0.25, scales: 2, spatial: 1 }, frames: 1 });
    expect(two.map(({ logits }) => logits.shape[1])).toEqual([1, 1, 4, 4, 3, 3, 4]);
  }, 60_000);

  it('keeps the cells that changed most, ascending', () => {
    // two channels of four cells
    const code = (values: readonly number[]) => hostTensor(Float32Array.from(values), [1, 2, 1, 2, 2]);
    const before = code([1, 1, 1, 1, 0, 0, 0, 0]);
    const now = code([1, 0, 1, -1, 0, 1, 0.1, 0]); // cells 1 and 3 have turned, 2 a little
    const history = { ends: [before, now], former: undefined };
    const kept = (keep: number) => Array.from(keptCells({ keep, spatial: 1 }, 0, [1, 2, 2], history)!);
    expect([kept(0.25), kept(0.5), kept(0.75)]).toEqual([[3], [1, 3], [1, 2, 3]]);
    expect(keptCells({ keep: 0.5 }, 1, [1, 2, 2], history)).toBeUndefined();
    // temporal: the clip before ended as cells 1 and 3 are now
    const former = code([0, 0, 0, -1, 1, 1, 1, 0]);
    expect(Array.from(keptCells({ keep: 0.5, spatial: 0 }, 0, [1, 2, 2], { ends: [before, now], former })!)).toEqual([0, 2]);
  });

  it('numbers of kept cells and back: nothing moves', () => {
    const some = fc.uniqueArray(fc.integer({ min: 0, max: 11 }), { minLength: 1 });
    fc.assert(fc.property(some, fc.integer({ min: 1, max: 4 }), (cells, width) => {
      const kept = Int32Array.from(cells).sort();
      const all = Uint8Array.from({ length: 12 * width }, (_, i) => (i * 5 + 1) % 2);
      const spread = spreadBits(Uint8Array.from(takeNumbers(all, kept, width)), kept, [1, 3, 4], width);
      const mask = maskOf(kept, [1, 3, 4]).data;
      expect(Array.from(spread.data)).toEqual(Array.from(all, (bit, i) => bit * mask[Math.floor(i / width)]));
    }));
  });

  it('refuses settings that make no sense', async () => {
    for (const pruning of [{ keep: 0 }, { keep: 2 }, { keep: NaN }, { keep: 0.5, scales: 0 }, { keep: 0.5, spatial: 2 }]) {
      await expect(stepsOf({ pruning })).rejects.toBeInstanceOf(ArgumentError);
    }
  });
});

describe('diverse drawing', () => {
  const step = { si: 0, repeat: 0, realSi: 0, last: true };
  const logits = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 2, maxLength: 40 }).map((list) => {
    return Float64Array.from(list.slice(0, list.length - (list.length % 2)));
  });

  it('confidence 1 changes nothing, nor does it change later scales', async () => {
    fc.assert(fc.property(logits, fc.integer(), (values, seed) => {
      const count = values.length / 2;
      const uniforms = Float64Array.from({ length: count }, (_, i) => ((Math.imul(i + 1, seed | 1) >>> 0) % 997) / 997);
      expect(diverseDraw({ confidence: 1 })(values, uniforms, step)).toEqual(drawBits(values, uniforms));
      expect(diverseDraw()(values, uniforms, { ...step, si: 2 })).toEqual(drawBits(values, uniforms));
      // the likeliest of several is no less likely than the first
      const several = diverseDraw({ confidence: 0.6, paths: 4 })(values, uniforms, step);
      const first = diverseDraw({ confidence: 0.6, paths: 1 })(values, uniforms, step);
      expect(energyOf(values, several)).toBeLessThanOrEqual(energyOf(values, first));
    }));
    expect(bitsOf(await stepsOf({ draw: diverseDraw({ confidence: 1 }), frames: 1 }))).toBe(bitsOf(await stepsOf({ frames: 1 })));
  });

  it('confidence falls with temperature; energy is minus the logarithm of the probability', () => {
    fc.assert(fc.property(logits, fc.double({ min: 1, max: 50, noNaN: true }), (values, tau) => {
      expect(meanConfidence(values, tau)).toBeLessThanOrEqual(meanConfidence(values, 1) + 1e-12);
    }));
    expect(energyOf(Float64Array.of(0, 0, 0, Math.log(3)), Uint8Array.of(1, 0))).toBeCloseTo(Math.log(2) + Math.log(4), 12);
    for (const options of [{ confidence: 0.5 }, { confidence: 1.1 }, { scales: -1 }, { paths: 0 }]) {
      expect(() => diverseDraw(options)).toThrow(ArgumentError);
    }
  });
});
