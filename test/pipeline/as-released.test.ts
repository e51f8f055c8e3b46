/** `asReleased`: what the official scripts do with what is given. */

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import { makeBackend } from '../../src/backends.ts';
import { ArgumentError } from '../../src/errors.ts';
import { frameIndices } from '../../src/io/select-frames.ts';
import type { Video } from '../../src/io/picture.ts';
import { loadModel } from '../../src/model/load.ts';
import type { Model } from '../../src/model/load.ts';
import { releasedStartFrames } from '../../src/pipeline/as-released.ts';
import { generateVideo, planGenerate } from '../../src/pipeline/generate.ts';
import type { GenerateRequest } from '../../src/pipeline/generate.ts';
import { interactVideo } from '../../src/pipeline/interact.ts';
import { normals, noiseUniforms } from '../../src/sampler/normals.ts';

const models = join(import.meta.dirname, '../../fixtures/models');
let model: Model;
let cutting: Model;
beforeAll(async () => {
  const backend = await makeBackend();
  model = await loadModel(join(models, 'toy-interact'), backend);
  cutting = await loadModel(join(models, 'toy-interact'), backend, { cutPrompts: true });
});
afterAll(async () => {
  await model.close();
  await cutting.close();
});

/** Frames of 64×64 that grow lighter one by one. */
function fading(count: number, fps: number): Video {
  const size = 64 * 64 * 3;
  const bytes = Uint8Array.from({ length: count * size }, (_, i) => 5 * Math.floor(i / size));
  return { frames: hostTensor(bytes, [count, 64, 64, 3]), fps };
}

/** The given bits of the first steps; sampling ends there. */
async function firstBits(request: GenerateRequest): Promise<string> {
  const bits: string[] = [];
  const onStep: GenerateRequest['onStep'] = (step) => {
    bits.push(step.bits.data.join(''));
    if (step.index === 1) throw new Error('enough');
  };
  await expect(generateVideo(model, { ...request, onStep })).rejects.toThrow('enough');
  return bits.join();
}

const PROMPT = 'a red circle moving left on a black background';

describe('as released', () => {
  it('a video is continued from its first clip, whatever follows', async () => {
    const { fps } = model.config.schedule;
    const [long, short] = [fading(45, fps), fading(18, fps)];
    expect(planGenerate(model, { prompt: PROMPT, start: long }).startFrames).toBe(33);
    const request = { prompt: PROMPT, asReleased: true, posterior: 'mean' } as const;
    expect(planGenerate(model, { ...request, start: long }).startFrames).toBe(17);
    expect(await firstBits({ ...request, start: long })).toBe(await firstBits({ ...request, start: short }));
    const others = await firstBits({ ...request, asReleased: false, start: long });
    expect(await firstBits({ ...request, start: long })).not.toBe(others);
  });

  it('frames come through the official window, also at the model rate', () => {
    // numpy.linspace(0, 79, 81, dtype=int)
    expect(frameIndices(200, 16, 81, 16, 'start', true).slice(-4)).toEqual([76, 77, 78, 79]);
    expect(frameIndices(200, 16, 81, 16, 'start', true).slice(0, 4)).toEqual([0, 0, 1, 2]);
    expect(releasedStartFrames(fading(80, 16), 16, 20)).toBe(81);
    expect(() => releasedStartFrames(fading(79, 16), 16, 20)).toThrow(ArgumentError);
  });

  it('the first prompt of a story makes nothing, and every clip draws the same uniforms', async () => {
    const start = fading(20, model.config.schedule.fps);
    const clips: Video[] = [];
    const draws: string[][] = [];
    for await (const clip of interactVideo(model, {
      prompts: ['this is what is given', PROMPT, PROMPT], start, asReleased: true, seed: 3,
      onStep({ index, sampled }) {
        if (index === 0) draws.push([]);
        draws.at(-1)!.push(sampled.join(''));
      },
    })) clips.push(clip);
    expect(clips).toHaveLength(3);
    expect(draws).toHaveLength(2);
    // The first step sees the same text; its uniforms are the same, and so nearly all of its bits.
    const same = [...draws[0][0]].filter((bit, i) => bit === draws[1][0][i]).length / draws[0][0].length;
    expect(same).toBeGreaterThan(0.8);
    await expect(interactVideo(model, { prompts: [PROMPT], asReleased: true }).next()).rejects.toThrow(ArgumentError);
  });

  it('a long prompt is cut, and the posterior is drawn', async () => {
    const long = 'a red circle '.repeat(400);
    await expect(model.encodePrompt(long)).rejects.toThrow(/at most 512 tokens/);
    expect((await cutting.encodePrompt(long)).shape[0]).toBe(512);
    const start = { frames: fading(1, 8).frames, fps: null };
    const bitsOf = (posterior: 'mean' | 'draw', seed: number): Promise<string> => firstBits({ prompt: PROMPT, start, seed, posterior });
    expect(await bitsOf('mean', 1)).toBe(await bitsOf('mean', 2));
    expect(await bitsOf('draw', 1)).not.toBe(await bitsOf('draw', 2));
  });
});

it('normals are standard normal', () => {
  const { data } = normals(noiseUniforms(1), [20000]);
  const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
  const square = data.reduce((sum, x) => sum + x * x, 0) / data.length;
  const beyond = data.filter((x) => Math.abs(x) > 1.96).length / data.length;
  expect(Math.abs(mean)).toBeLessThan(0.02);
  expect(Math.abs(square - 1)).toBeLessThan(0.03);
  expect(Math.abs(beyond - 0.05)).toBeLessThan(0.006);
});
