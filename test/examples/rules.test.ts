/** Guidance and sampling rules of one's own: the hooks, and the ideas of docs/change-it.md. */

import { beforeAll, describe, expect, it } from 'vitest';
import { ideas } from '../../examples/change-it/rules.ts';
import { referenceBackend } from '../../reference/backend.ts';
import { ArgumentError, ShapeError } from '../../src/errors.ts';
import { shippedModel } from '../../src/model/default.ts';
import { loadModel } from '../../src/model/load.ts';
import type { Model } from '../../src/model/load.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';
import type { GenerateRequest } from '../../src/pipeline/generate.ts';
import { drawBits } from '../../src/sampler/draw.ts';
import { guide } from '../../src/sampler/guidance.ts';
import type { StepReport } from '../../src/sampler/sample.ts';

let model: Model;
beforeAll(async () => {
  model = await loadModel(shippedModel('toy'), referenceBackend());
});

async function stepsOf(changes: Partial<GenerateRequest> = {}): Promise<StepReport[]> {
  const steps: StepReport[] = [];
  const onStep = (step: StepReport): void => void steps.push(step);
  await generateVideo(model, { prompt: 'a red circle moving right on a white background', frames: 1, seed: 5, onStep, ...changes });
  return steps;
}

const bitsOf = (steps: readonly StepReport[]): number[] => steps.flatMap(({ bits }) => Array.from(bits.data));

it('rules that say what the paper does change nothing', async () => {
  const { cfg } = model.config.sampling;
  const same = await stepsOf({ cfg, guidance: (logits, { tau, scale }) => guide(logits, tau, scale, { method: 'cfg' }), draw: drawBits });
  expect(bitsOf(same)).toEqual(bitsOf(await stepsOf({ guidance: 'cfg' })));
});

it('a rule is told of its step, and what it gives is what goes on', async () => {
  const seen: string[] = [];
  const draw: GenerateRequest['draw'] = (_, uniforms, { si, repeat }) => {
    seen.push(`${si}.${repeat}`);
    return new Uint8Array(uniforms.length).fill(1);
  };
  const steps = await stepsOf({ draw });
  expect(seen).toEqual(steps.map(({ si, repeat }) => `${si}.${repeat}`));
  expect(new Set(bitsOf(steps))).toEqual(new Set([1]));
});

describe('the ideas', () => {
  it('greedy: the seed makes no difference', async () => {
    expect(bitsOf(await stepsOf({ ...ideas['greedy'], seed: 1 }))).toEqual(bitsOf(await stepsOf({ ...ideas['greedy'], seed: 2 })));
  });

  it('greedy at the last repetition, fading guidance: other bits than the paper\'s', async () => {
    const plain = bitsOf(await stepsOf());
    for (const name of ['greedy-at-last', 'fading']) expect(bitsOf(await stepsOf(ideas[name])), name).not.toEqual(plain);
  });
});

it.each([
  ['too few bits', { draw: () => new Uint8Array(3) }, ArgumentError, /draw: expected \d+ bits/],
  ['bits of 2', { draw: (_: unknown, u: ArrayLike<number>) => new Uint8Array(u.length).fill(2) }, ArgumentError, /draw: expected bits of 0 or 1, got 2/],
  ['too few logits', { guidance: () => new Float64Array(3) }, ShapeError, /guidance: expected \d+ logits/],
])('a rule that gives %s is told so', async (_, changes, type, message) => {
  const error: unknown = await stepsOf(changes).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(type);
  expect(String(error)).toMatch(message);
});
