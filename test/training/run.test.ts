/** Runs: a resumed run equals an uninterrupted one to the bit; damaged and foreign checkpoints are refused. */

import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/wasm/index.ts';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { ArgumentError, FileError } from '../../src/errors.ts';
import { readModelConfig } from '../../src/model/directory.ts';
import type { ModelConfig } from '../../src/model/directory.ts';
import { toyWorld } from '../../src/toyworld/dataset.ts';
import { build, random } from '../backend/arrays.ts';
import type { FeatureSet } from '../../src/training/run/features.ts';
import { RunLog } from '../../src/training/run/log.ts';
import type { Metrics } from '../../src/training/run/log.ts';
import { runTraining } from '../../src/training/run/loop.ts';
import type { TrainingTask } from '../../src/training/run/loop.ts';
import { readTokenizerRecipe, readTransformerRecipe } from '../../src/training/run/read-recipe.ts';
import { stageAt } from '../../src/training/run/recipe.ts';
import type { Values } from '../../src/training/run/state.ts';
import { tokenizerTask } from '../../src/training/run/tokenizer-task.ts';
import { transformerTask } from '../../src/training/run/transformer-task.ts';

const TOY_TOKENIZER = await readTokenizerRecipe('toy-tokenizer');
const TOY_TRANSFORMER = await readTransformerRecipe('toy-transformer');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function smallConfig(): Promise<ModelConfig> {
  const config = await readModelConfig('fixtures/models/toy');
  return {
    ...config,
    tokenizer: { ...config.tokenizer, block_out_channels: [4, 4, 4, 8, 8] },
    transformer: { ...config.transformer, embed_dim: 32, depth: 2, num_heads: 2, num_key_value_heads: 1 },
  };
}

const quick = { peak: 3e-3, warmUp: 1, end: 0.5 };

async function smallTokenizerTask(b: Backend): Promise<TrainingTask> {
  const [first, second] = [TOY_TOKENIZER.stages[0], TOY_TOKENIZER.stages[2]];
  const drop = { last: 2, probability: 0.5 };
  const stages = [
    { ...first, steps: 2, pictures: 2, rate: quick },
    { ...second, steps: 3, pictures: 2, videos: 1, frames: 5, videoShare: 0.7, rate: quick, drop },
  ];
  const world = toyWorld();
  const recipe = { ...TOY_TOKENIZER, stages };
  return tokenizerTask({ backend: b, config: await smallConfig(), recipe, data: world, heldOut: world, seed: 1 });
}

async function smallTransformerTask(b: Backend, { steps = 5, frames = 17, turns = 0, pictures = 0 } = {}): Promise<TrainingTask> {
  const world = toyWorld();
  const captions = Array.from({ length: 6 }, (_, i) => world.sample(i).caption);
  // Alike everywhere in a sample, so that there is something to learn.
  const looks = random([6, 64]);
  const set: FeatureSet = { captions, features: build([6, 64, 9, 4, 4], (n, c) => looks.get(n, c)) };
  const texts = new Map(captions.map((caption, i) => [caption, random([3, 32], i)]));
  const beside = pictures > 0 && { pictures: { share: pictures, batch: 2 } };
  const stages = [{ ...TOY_TRANSFORMER.stages[0], steps, batch: 3, rate: quick, frames, turns, ...beside }];
  const data = { pictures: set, videos: set, turns: set };
  const recipe = { ...TOY_TRANSFORMER, stages, videos: 6, cond_drop_rate: 0.3 };
  return transformerTask({
    backend: b, config: await smallConfig(), recipe, data, heldOut: data, textOf: (caption) => texts.get(caption)!, seed: 3, tokenizer: 'none',
  });
}

/** Stops before the given step. */
function stopAt(step: number): { stop: AbortSignal; onStep: (done: number) => void } {
  const controller = new AbortController();
  return { stop: controller.signal, onStep: (done) => void (done + 1 === step && controller.abort()) };
}

const bytes = (values: Values): [string, number[]][] => [...values].map(([key, value]) => [key, [...rowMajor(value)]]);

/** Without what a clock has measured. */
async function readLog(of: string): Promise<{ step: number }[]> {
  const lines = (await readFile(join(of, 'log.jsonl'), 'utf8')).trim().split('\n');
  return lines.map((line) => ({ ...(JSON.parse(line) as { step: number }), seconds: 0 }));
}

describe.each([
  ['tokenizer', smallTokenizerTask],
  ['transformer', (b: Backend) => smallTransformerTask(b)],
  ['transformer on pictures', (b: Backend) => smallTransformerTask(b, { frames: 1 })],
  ['transformer with turns', (b: Backend) => smallTransformerTask(b, { turns: 0.5 })],
  ['transformer with pictures between', (b: Backend) => smallTransformerTask(b, { pictures: 0.5 })],
] as const)('a run of the %s', (_, make) => {
  it('does the same in one piece and in three', async () => {
    const b = await wasmBackend({ threads: 2 });
    const whole = await runTraining(await make(b), { folder: join(folder, 'whole'), checkpointEvery: 2 });
    expect(whole.finished).toBe(true);
    const pieces = join(folder, 'pieces');
    for (const step of [1, 3]) {
      const piece = await runTraining(await make(b), { folder: pieces, checkpointEvery: 2, ...stopAt(step) });
      expect(piece).toMatchObject({ finished: false, state: { step } });
    }
    const last = await runTraining(await make(b), { folder: pieces, checkpointEvery: 2 });
    expect(last.state.step).toBe(5);
    expect(bytes(last.state.parameters)).toEqual(bytes(whole.state.parameters));
    expect(bytes(last.state.average)).toEqual(bytes(whole.state.average));
    expect(await readLog(pieces)).toEqual(await readLog(join(folder, 'whole')));
  });
});

describe('the decoder alone', () => {
  it('is trained on the codes of a tokenizer, whose other weights stay', async () => {
    const b = await wasmBackend({ threads: 1 });
    const trained = (await smallTokenizerTask(b)).initial();
    const stages = [{ ...TOY_TOKENIZER.stages[2], steps: 2, pictures: 2, rate: quick }];
    const config = await smallConfig();
    const options = { backend: b, config, recipe: { ...TOY_TOKENIZER, stages }, data: toyWorld(), heldOut: toyWorld(), seed: 1 };
    expect(() => tokenizerTask({ ...options, decoderOnly: true })).toThrow(ArgumentError);
    const before = new Map([...trained].map(([key, value]) => [key, String(rowMajor(value))]));
    const task = tokenizerTask({ ...options, decoderOnly: true, start: trained });
    const { state } = await runTraining(task, { folder, checkpointEvery: 2 });
    const result = task.whole!(state.parameters);
    expect([...result.keys()].sort()).toEqual([...before.keys()].sort());
    const changed = [...result].filter(([key, value]) => String(rowMajor(value)) !== before.get(key)).map(([key]) => key);
    expect(changed.every((key) => /^(decoder|proj_up)/.test(key))).toBe(true);
    expect(changed).toContain('decoder.conv_out.conv.weight');
  });
});

describe('learning', () => {
  it('a small transformer learns the bits of six samples', async () => {
    const b = await wasmBackend({ threads: 2 });
    const losses: number[] = [];
    await runTraining(await smallTransformerTask(b, { steps: 40 }), {
      folder, checkpointEvery: 100, onStep: (_, __, metrics) => losses.push(metrics['loss']),
    });
    expect(losses[0]).toBeGreaterThan(0.65); // two labels, nothing known: ln 2
    expect(losses.at(-1)).toBeLessThan(losses[0] * 0.7);
  });

  it('at a higher resolution, with a scale more, goes on with what a lower one has learned', async () => {
    const b = await wasmBackend({ threads: 2 });
    const config = await smallConfig();
    const [image_scale_repetition, video_scale_repetition] = [[2, 2, 2], [2, 2, 2]];
    const sampling = { ...config.sampling, image_scale_repetition, video_scale_repetition };
    const scales = config.schedule.scales!.slice(0, -1); // up to 3×3
    const lower = { ...config, sampling, schedule: { ...config.schedule, scales } };
    const captions = ['one', 'two', 'three'];
    const looks = random([3, 64]);
    const texts = new Map(captions.map((caption, i) => [caption, random([3, 32], i)]));
    const task = (of: ModelConfig, side: number, steps: number, start?: Values): TrainingTask => {
      const videos = { captions, features: build([3, 64, 5, side, side], (n, c) => looks.get(n, c)) };
      const stages = [{ ...TOY_TRANSFORMER.stages[0], steps, batch: 3, rate: quick, frames: 17 }];
      const recipe = { ...TOY_TRANSFORMER, stages, cond_drop_rate: 0 };
      return transformerTask({
        backend: b, config: of, recipe, data: { videos }, heldOut: { videos }, textOf: (caption) => texts.get(caption)!, seed: 3, tokenizer: 'none', ...(start && { start }),
      });
    };
    const { state } = await runTraining(task(lower, 3, 40), { folder: join(folder, 'low'), checkpointEvery: 100 });
    const logged = async (name: string, start?: Values): Promise<Metrics> => {
      await runTraining(task(config, 4, 1, start), { folder: join(folder, name), checkpointEvery: 1 });
      return (await new RunLog(join(folder, name)).lines())[0] as unknown as Metrics;
    };
    const [anew, onward] = [await logged('anew'), await logged('onward', state.average)];
    expect(anew['loss']).toBeGreaterThan(0.65);
    expect(onward['loss']).toBeLessThan(anew['loss'] * 0.9);
    expect(onward).toHaveProperty('acc_4'); // the scale that the lower resolution did not have
  });
});

describe('checkpoints', () => {
  const counting = (settings = 'a'): TrainingTask => ({
    steps: 4,
    settings,
    initial: () => new Map([['w', hostTensor(Float32Array.of(1, 2), [2])]]),
    plan: () => ({ rate: 0.1, restart: false, adamw: TOY_TRANSFORMER.adamw, decay: 0.9 }),
    gradients: async (step) => ({ gradients: new Map([['w', hostTensor(Float32Array.of(1, step), [2])]]), metrics: {} }),
    validate: async () => ({}),
  });

  it('refuses one of a run with other settings and a damaged one, and leaves them as they are', async () => {
    await runTraining(counting(), { folder, checkpointEvery: 1 });
    await expect(runTraining(counting('b'), { folder, checkpointEvery: 1 })).rejects.toThrow(ArgumentError);
    const file = join(folder, 'checkpoint.safetensors');
    const good = await readFile(file);
    await truncate(file, good.length - 3);
    await expect(runTraining(counting(), { folder, checkpointEvery: 1 })).rejects.toThrow(FileError);
    expect((await readFile(file)).length).toBe(good.length - 3);
    await writeFile(file, good);
    expect((await runTraining(counting(), { folder, checkpointEvery: 1 })).finished).toBe(true);
  });

  it('drops log lines after the checkpoint, also one that a kill has cut off', async () => {
    await runTraining(counting(), { folder, checkpointEvery: 2, ...stopAt(2) });
    const log = join(folder, 'log.jsonl');
    await writeFile(log, `${await readFile(log, 'utf8')}{"step":2,"rate":0}\n{"step":3,"ra`);
    await runTraining(counting(), { folder, checkpointEvery: 2 });
    expect((await readLog(folder)).map((line) => line.step)).toEqual([0, 1, 2, 3]);
  });

  it('stops when the time is up; needs a folder', async () => {
    const result = await runTraining(counting(), { folder, checkpointEvery: 10, minutes: 1e-9 });
    expect(result).toMatchObject({ finished: false, state: { step: 0 } });
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    await expect(runTraining(counting(), { folder: file, checkpointEvery: 1 })).rejects.toThrow(FileError);
  });

  it('finds the stage of a step', () => {
    const stages = [{ steps: 2 }, { steps: 3 }];
    expect([0, 1, 2, 4, 9].map((step) => stageAt(stages, step).local)).toEqual([0, 1, 0, 2, 2]);
  });
});
