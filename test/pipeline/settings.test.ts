/** Settings of sampling: for each scale, caps of repetition, scales that are given, the posterior; and what makes no sense. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeBackend } from '../../src/backends.ts';
import { ArgumentError } from '../../src/errors.ts';
import { generate } from '../../src/generate.ts';
import { givenVideo } from '../../src/io/picture.ts';
import { defaultModel, shippedModel } from '../../src/model/default.ts';
import { readModelConfig } from '../../src/model/directory.ts';
import { loadModel } from '../../src/model/load.ts';
import type { Model } from '../../src/model/load.ts';
import { parseModelConfig } from '../../src/model/parse-config.ts';
import { generateVideo, planGenerate } from '../../src/pipeline/generate.ts';
import type { GenerateRequest } from '../../src/pipeline/generate.ts';
import { interactVideo } from '../../src/pipeline/interact.ts';
import { nextClipSettings, samplingOf } from '../../src/pipeline/sampling.ts';
import type { StepReport } from '../../src/sampler/sample.ts';

const config = await readModelConfig(defaultModel()); // four scales a clip
const plan = (more: object) => planGenerate({ config }, { prompt: 'a red circle', ...more });
const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7) % 256);

describe('a setting for each scale', () => {
  it('is one number, one for each scale of a clip, or one for each scale there is', () => {
    expect(plan({ cfg: 3 }).sampling.cfg).toEqual(Array(8).fill(3));
    expect(plan({ cfg: [4, 3, 2, 1] }).sampling.cfg).toEqual([4, 3, 2, 1, 4, 3, 2, 1]);
    expect(plan({ cfg: [8, 7, 6, 5, 4, 3, 2, 1] }).sampling.cfg).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    expect(plan({ tauImage: [1, 2, 3, 4], tauVideo: 0.5 }).sampling.tau).toEqual([1, 2, 3, 4, 0.5, 0.5, 0.5, 0.5]);
    expect(plan({ tauVideo: [1, 2, 3, 4], frames: 33 }).sampling.tau).toEqual([1, 1, 1, 1, 1, 2, 3, 4, 1, 2, 3, 4]);
  });

  it('of a story: a clip that follows takes those of a clip', () => {
    const { schedule } = plan({});
    const settings = samplingOf(config.sampling, { cfg: [8, 7, 6, 5, 4, 3, 2, 1], tauVideo: 0.3, maxRepeats: 1 }, schedule);
    const { cfg, tau, repetition } = nextClipSettings(settings, schedule);
    expect([cfg, tau]).toEqual([[4, 3, 2, 1], [0.3, 0.3, 0.3, 0.3]]);
    expect(repetition).toEqual({ ...settings.repetition, image_scale_repetition: config.sampling.video_scale_repetition });
  });

  it('may be the model\'s own, as are given_scales and posterior', () => {
    const sampling = { ...config.sampling, cfg: [2, 2, 2, 1], tau_video: [1, 1, 0.5, 0.5], given_scales: 2, posterior: 'draw' };
    const own = parseModelConfig({ ...config, sampling }, 'config');
    const made = planGenerate({ config: own }, { prompt: 'x' });
    expect(made).toMatchObject({ givenScales: 2, posterior: 'draw', sampling: { cfg: [2, 2, 2, 1, 2, 2, 2, 1] } });
    expect(planGenerate({ config: own }, { prompt: 'x', posterior: 'mean', givenScales: 3 })).toMatchObject({ givenScales: 3, posterior: 'mean' });
    for (const wrong of [{ cfg: [1, null] }, { tau_image: [] }, { tau_image: [1, 0, 1, 1] }, { given_scales: 0 }, { posterior: 'noise' }]) {
      const parse = () => planGenerate({ config: parseModelConfig({ ...config, sampling: { ...config.sampling, ...wrong } }, 'config') }, { prompt: 'x' });
      expect(parse, JSON.stringify(wrong)).toThrow(ArgumentError);
    }
  });
});

describe('what makes no sense is an ArgumentError that names it, before any work', () => {
  const start = { frames: { data: bytes(27), shape: [3, 3, 3] } };
  it.each<[string, object]>([
    ['prompt', { prompt: undefined }], ['prompt', { prompt: 7 }], ['negativePrompt', { negativePrompt: 7 }],
    ['cfg', { cfg: NaN }], ['cfg', { cfg: '3' }], ['cfg', { cfg: [1, NaN, 1, 1] }], ['cfg', { cfg: [1, 2, 3] }], ['cfg', { cfg: [] }],
    ['tauImage', { tauImage: 0 }], ['tauImage', { tauImage: Infinity }], ['tauVideo', { tauVideo: [1, 1, 1, -1] }], ['tauVideo', { tauVideo: Array(8).fill(1) }],
    ['maxRepeats', { maxRepeats: 0 }], ['maxRepeats', { maxRepeats: 1.5 }], ['guidance', { guidance: 'none' }], ['draw', { draw: 'greedy' }],
    ['givenScales', { givenScales: 0 }], ['posterior', { posterior: 'noise' }], ['seed', { seed: -1 }], ['seed', { seed: NaN }],
    ['frames', { frames: NaN }], ['frames', { frames: 18 }], ['ratio', { ratio: NaN }], ['startAt', { start, startAt: NaN }],
    ['start', { start: {} }], ['start', { start: { frames: { data: bytes(27), shape: [3, 3, 4] } } }],
    ['start', { start: { frames: { data: [1, 2, 3], shape: [1, 1, 3] } } }], ['start', { start: { frames: { data: bytes(27), shape: [0, 3, 3] } } }],
    ['values', { start: { frames: { data: bytes(26), shape: [3, 3, 3] } } }], ['start.fps', { start: { ...start, fps: NaN } }],
  ])('%s (%#)', async (argument, more) => {
    const request = { prompt: 'a red circle', ...more, onNotice: () => undefined };
    const thrown: unknown = await generate(request).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(ArgumentError);
    expect((thrown as ArgumentError).argument).toBe(argument);
  });

  it('numbers of any kind give settings of the schedule\'s length, or such an error', () => {
    const number = fc.oneof(fc.double(), fc.integer({ min: -2, max: 9 }));
    const value = fc.oneof(number, fc.array(number, { maxLength: 9 }), fc.constantFrom(null, 'x', {}));
    fc.assert(fc.property(value, value, value, (cfg, tauImage, tauVideo) => {
      try {
        const { sampling } = plan({ cfg: cfg ?? 1, tauImage: tauImage ?? 1, tauVideo: tauVideo ?? 1 });
        expect([sampling.cfg.length, sampling.tau.length]).toEqual([8, 8]);
        expect(sampling.cfg.every(Number.isFinite) && sampling.tau.every((tau) => tau > 0 && tau < Infinity)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(ArgumentError);
      }
    }));
  });
});

describe('given pictures', () => {
  it('may be plain bytes with a shape, of one frame or of many, clamped or not', () => {
    const flat = givenVideo('start', { frames: { data: new Uint8ClampedArray(bytes(27)), shape: [3, 3, 3] } });
    expect([flat.frames.shape, flat.fps]).toEqual([[1, 3, 3, 3], null]);
    const many = givenVideo('start', { frames: { data: bytes(54), shape: [2, 3, 3, 3] }, fps: 8 });
    expect(many.frames.get(1, 2, 2, 2)).toBe(bytes(54)[53]);
    const part = givenVideo('start', { frames: many.frames.lo(1) }); // its data begin before it does
    expect(Array.from(part.frames.data)).toEqual(Array.from(bytes(54).subarray(27)));
  });

  let model: Model;
  beforeAll(async () => {
    model = await loadModel(shippedModel('toy'), await makeBackend('wasm', { threads: 1 }));
  });
  afterAll(() => model.backend.close());
  const stepsOf = async (request: Partial<GenerateRequest>): Promise<StepReport[]> => {
    const steps: StepReport[] = [];
    await generateVideo(model, { prompt: 'a red circle staying still on a white background', frames: 17, onStep: (step) => void steps.push(step), ...request });
    return steps;
  };
  const start = { frames: { data: bytes(64 * 64 * 3), shape: [64, 64, 3] } };

  it('give so many scales as are asked for; caps shorten every scale', async () => {
    const forced = (steps: readonly StepReport[]): number[] => {
      return [...new Set(steps.filter((step) => step.forced).map(({ si }) => si))];
    };
    const whole = await stepsOf({ start });
    expect(forced(whole)).toEqual([0, 1, 2, 3]);
    const two = await stepsOf({ start, givenScales: 2, maxRepeats: 1 });
    expect(forced(two)).toEqual([0, 1]);
    expect(two.map(({ si, repeat }) => [si, repeat])).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((si) => [si, 0]));
    expect(two[0].bits.data).toEqual(whole[0].bits.data); // the same picture, whatever is drawn after
    const drawn = await stepsOf({ start, posterior: 'draw' });
    expect(drawn[0].bits.data).not.toEqual(whole[0].bits.data);
  }, 120_000);

  it('a story says so too, before any work', async () => {
    const first = (request: object): Promise<unknown> => interactVideo(model, { prompts: ['a red circle'], ...request }).next();
    await expect(first({ prompts: [] })).rejects.toThrow(/prompts: expected at least one/);
    await expect(first({ prompts: 'x' })).rejects.toThrow(/prompts/);
    await expect(first({ cfg: NaN })).rejects.toThrow(/cfg/);
    await expect(first({ start: { frames: 3 } })).rejects.toThrow(/start/);
    await expect(first({ posterior: 3 })).rejects.toThrow(/posterior/);
  });
});
