/** The tasks of Toy-GenEval with the pipeline replaced: a perfect model is right everywhere, a flawed one where it should be. */

import type { NdArray } from 'ndarray';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { rowMajor } from '../../src/array/host.ts';
import type { Video } from '../../src/io/picture.ts';
import { shippedModel } from '../../src/model/default.ts';
import { readModelConfig } from '../../src/model/directory.ts';
import type { Model } from '../../src/model/load.ts';
import type { GenerateRequest } from '../../src/pipeline/generate.ts';
import type { InteractRequest } from '../../src/pipeline/interact.ts';
import { attributesOf } from '../../src/toyworld/attributes.ts';
import { toyWorld } from '../../src/toyworld/dataset.ts';
import { FPS, renderFrames } from '../../src/toyworld/render.ts';
import type { Scene } from '../../src/toyworld/render.ts';
import { scoreToyWorld, summarize, TASK_NAMES } from '../../src/toyworld/score.ts';
import type { Outcome } from '../../src/toyworld/score.ts';

const world = toyWorld({ seed: 0, split: 'held-out' });
const PROMPTS = 4;

/** What the flawed model does to a scene that it continues from a given start, or makes from a prompt. */
let flaw: (scene: Scene, given: number) => Scene;
beforeEach(() => {
  flaw = (scene) => scene;
});

function same(a: NdArray<Uint8Array>, b: NdArray<Uint8Array>): boolean {
  return Buffer.compare(rowMajor(a), rowMajor(b)) === 0;
}

/** The given frames, then those of the (flawed) scene. */
function made(scene: Scene, frames: number, given: number): NdArray<Uint8Array> {
  const result = renderFrames(flaw(scene, given), frames); // (T, H, W, 3)
  if (given > 1) result.data.set(renderFrames(scene, given).data);
  return result;
}

vi.mock('../../src/pipeline/generate.ts', () => ({
  async generateVideo(_: Model, { prompt, frames, start, seed }: GenerateRequest): Promise<Video> {
    const { caption, scene } = world.sample(seed!);
    expect(prompt).toBe(caption);
    const given = start?.frames.shape[0] ?? 0;
    if (start !== undefined) expect(same((start as Video).frames, renderFrames(scene, given))).toBe(true);
    return { frames: made(scene, frames!, given), fps: FPS };
  },
}));

vi.mock('../../src/pipeline/interact.ts', () => ({
  async *interactVideo(_: Model, { prompts, start, seed }: InteractRequest): AsyncGenerator<Video> {
    const stories = Array.from({ length: 16 }, (_unused, k) => world.story(16 * seed! + k));
    const { scene } = stories.find(({ captions, scene: own }) => {
      return captions[1] === prompts[0] && same(renderFrames(own, 17), (start as Video).frames);
    })!;
    expect(scene.motions[0]).not.toBe(scene.motions[1]);
    const frames = made(scene, 33, 17);
    yield { frames: frames.hi(17), fps: FPS };
    yield { frames: frames.lo(17), fps: FPS };
  },
}));

vi.mock('../../src/pipeline/reconstruct.ts', () => ({
  async *reconstructVideo(_: Model, { video }: { video: Video }) {
    yield { frames: video.frames, psnr: 40 };
  },
}));

/** Share of right results by `task check`. */
async function shares(): Promise<Record<string, number>> {
  const model = { config: await readModelConfig(shippedModel('toy')) } as Model;
  const outcomes: Outcome[] = [];
  for await (const outcome of scoreToyWorld(model, { prompts: PROMPTS, tasks: TASK_NAMES })) outcomes.push(outcome);
  const { scores, psnr } = summarize(outcomes);
  expect(psnr.find(({ task }) => task === 'tokenizer')?.value).toBe(40);
  return Object.fromEntries(scores.map(({ task, check, value }) => [`${task} ${check}`, value]));
}

/** The checks that are not right everywhere. */
async function failing(): Promise<string[]> {
  return Object.entries(await shares()).filter(([, share]) => share < 1).map(([name]) => name);
}

describe('a model', () => {
  it('that is perfect is right everywhere', async () => {
    const all = await shares();
    expect(Object.keys(all).length).toBe(5 + 3 + 5 + 6 + 6 + 6 + 5);
    expect(Object.entries(all).filter(([, share]) => share !== 1)).toEqual([]);
  });

  it('that does not turn fails interactive motion', async () => {
    flaw = (scene) => ({ ...scene, motions: [scene.motions[0]] });
    expect(await failing()).toEqual(['interact motion', 'interact every frame']); // some shapes leave the picture
  });

  it('that forgets where the shape was jumps, and does not keep the first frame', async () => {
    const inwards = (place: number): number => place + (place < 32 ? 4 : -4);
    flaw = (scene, given) => (given > 0 ? { ...scene, x: inwards(scene.x), y: inwards(scene.y) } : scene);
    expect(await failing()).toEqual(['from-image first frame', 'continue no jump', 'interact no jump']);
  });

  it('that changes the colour fails there, and at the borders', async () => {
    flaw = (scene, given) => (given > 1 ? { ...scene, colour: scene.colour === 'red' ? 'blue' : 'red' } : scene);
    expect(await failing()).toEqual(['continue no jump', 'continue colour', 'continue every frame', 'interact no jump', 'interact colour', 'interact every frame']);
  });

  it('that goes wrong on the prompt alone fails that', async () => {
    flaw = (scene, given) => (given === 0 ? { ...scene, shape: scene.shape === 'circle' ? 'square' : 'circle' } : scene);
    expect(await failing()).toEqual(['image shape', 'video shape', 'video every frame']);
  });
});

it('the prompts name everything that is drawn', () => {
  for (let i = 0; i < PROMPTS; i++) expect(attributesOf(world.sample(i).caption)).toEqual(world.sample(i).attributes);
});
