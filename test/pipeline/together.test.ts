/** Samples as rows of one batch: each has the bits and the frames of its single run. */

import { afterAll, describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { observe } from '../../src/backend/observe.ts';
import { makeBackend } from '../../src/backends.ts';
import { ArgumentError } from '../../src/errors.ts';
import { shippedModel } from '../../src/model/default.ts';
import { loadModel } from '../../src/model/load.ts';
import type { Model } from '../../src/model/load.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';
import type { GenerateRequest } from '../../src/pipeline/generate.ts';
import { generateTogether } from '../../src/pipeline/together.ts';

const CIRCLE = 'a red circle moving right on a white background';
const SQUARE = 'a blue square staying still on a gray background';

const backends: [string, () => Promise<Backend>][] = [
  ['reference', async () => referenceBackend()],
  ['wasm, one thread', () => makeBackend('wasm', { threads: 1 })],
  ['wasm, two threads', () => makeBackend('wasm', { threads: 2 })],
];

describe.each(backends)('%s', (name, make) => {
  let model: Model | undefined;
  afterAll(() => model?.backend.close());
  const opened = async (): Promise<Model> => (model ??= await loadModel(shippedModel('toy'), await make()));

  /** Prompts and seeds; a prompt of other words, of which the reader makes as many tokens or not. */
  const samples = [[CIRCLE, 0], [CIRCLE, 1], ['green', 7], [SQUARE, 4_000_000_000]] as const;
  const frames = name === 'reference' ? 1 : 17;

  it.each<[string, Partial<GenerateRequest>]>([
    ['as the model does', {}],
    ['without guidance, greedy caps', { cfg: 1, maxRepeats: 1 }],
    ['with a negative prompt and lists', { negativePrompt: 'a red square', cfg: [3, 2, 1, 1], tauVideo: [1, 0.9, 0.8, 0.7] }],
    ['from a picture', { start: { frames: { data: Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => i % 251), shape: [64, 64, 3] } } }],
    ['from a picture that is drawn by the seed', {
      posterior: 'draw', start: { frames: { data: new Uint8Array(64 * 64 * 3).fill(90), shape: [64, 64, 3] } },
    }],
  ])('%s', async (what, changes) => {
    if (name !== 'wasm, one thread' && what !== 'as the model does') return; // slow, and the same code
    const model = await opened();
    const request = { frames: changes.start === undefined ? frames : 17, ...changes };
    const bits: string[][] = samples.map(() => []);
    const own = samples.map(([prompt, seed], i) => ({
      prompt, seed, onStep: ({ bits: { data }, si }: { bits: { data: Uint8Array }; si: number }) => void bits[i].push(`${si} ${data.join('')}`),
    }));
    const made: Uint8Array[] = [];
    for await (const video of generateTogether(model, request, own)) made.push(video.frames.data);
    expect(made.length).toBe(samples.length);
    for (const [i, [prompt, seed]] of samples.entries()) {
      const alone: string[] = [];
      const onStep: GenerateRequest['onStep'] = (step) => void alone.push(`${step.si} ${step.bits.data.join('')}`);
      const video = await generateVideo(model, { ...request, prompt, seed, onStep });
      expect(bits[i], `bits of sample ${i}`).toEqual(alone);
      expect(Buffer.from(made[i]).equals(Buffer.from(video.frames.data)), `frames of sample ${i}`).toBe(true);
    }
  }, 240_000);
});

it('goes through the transformer together, more and more at once, and each text once', async () => {
  const stages: string[] = [];
  const backend = await makeBackend('wasm', { threads: 1 });
  const model = await loadModel(shippedModel('toy'), backend);
  const watched = { ...model, backend: observe(backend, async (path) => void stages.push(path)) };
  const own = [0, 1, 2, 3, 4, 5, 6].map((seed) => ({ prompt: CIRCLE, seed }));
  for await (const video of generateTogether(watched, { frames: 1 }, own)) expect(video.frames.shape[0]).toBe(1);
  expect(stages.filter((path) => /scale3\/rep0$/.test(path)).length).toBe(3); // 1, 2 and 4 samples
  expect(stages.filter((path) => /sample\/text$/.test(path)).length).toBe(3);
  await backend.close();
});

it('refuses a wrong seed before any work', async () => {
  const model = await loadModel(shippedModel('toy'), referenceBackend());
  await expect(generateTogether(model, {}, [{ prompt: CIRCLE, seed: -1 }]).next()).rejects.toBeInstanceOf(ArgumentError);
  await expect(generateTogether(model, { cfg: NaN }, [{ prompt: CIRCLE, seed: 1 }]).next()).rejects.toBeInstanceOf(ArgumentError);
});
