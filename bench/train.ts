/**
 * Times steps of training, of the recipes of the toy world on a model of the shipped one's sizes: gradients, optimizer and moving
 * average, as a run takes them. Videos are drawn and features made up before the clock starts.
 */

import type { Backend } from '../src/backend/backend.ts';
import { defaultModel } from '../src/model/default.ts';
import { readModelConfig } from '../src/model/directory.ts';
import type { ModelConfig } from '../src/model/directory.ts';
import { featureChannels, framesPerLatent } from '../src/tokenizer/levels.ts';
import { toyWorld } from '../src/toyworld/dataset.ts';
import { trainStep } from '../src/training/run/loop.ts';
import type { TrainingTask } from '../src/training/run/loop.ts';
import type { FeatureSet } from '../src/training/run/features.ts';
import { readTokenizerRecipe, readTransformerRecipe } from '../src/training/run/read-recipe.ts';
import { newState } from '../src/training/run/state.ts';
import { scheduleOf, tokenizerTask } from '../src/training/run/tokenizer-task.ts';
import { transformerTask } from '../src/training/run/transformer-task.ts';
import type { TransformerData } from '../src/training/run/transformer-batch.ts';
import { median } from './measure.ts';
import { noise } from './models.ts';
import { Profile } from './profile.ts';
import type { Call, Share } from './profile.ts';
import type { TimedStep } from './results.ts';
import { TEXT_TOKENS } from './sizes.ts';

/** Steps that are timed, and before them some that warm up. */
const [RUNS, WARM] = [5, 2];

type MakeTask = (b: Backend) => TrainingTask;

export async function timeTraining(b: Backend, profiled: boolean): Promise<TimedStep[]> {
  const timed: TimedStep[] = [];
  for (const [name, make] of await steps(await readModelConfig(defaultModel()))) {
    const times = await timesOf(make(b));
    const calls = await callsOf(b, make);
    const flops = calls.reduce((sum, call) => sum + call.times * flopsOf(call), 0);
    timed.push({ name, ...times, flops, calls, shares: profiled ? await sharesOf(b, make) : [] });
  }
  return timed;
}

/** One of each kind. */
async function steps(config: ModelConfig): Promise<Map<string, MakeTask>> {
  const world = toyWorld();
  const tokenizer = await readTokenizerRecipe('toy-tokenizer');
  const transformer = await readTransformerRecipe('toy-transformer');
  const [pictures, videos] = tokenizer.stages.filter(({ quantized }) => quantized);
  const tokenizerStep = (stage: typeof pictures): MakeTask => {
    const recipe = { ...tokenizer, stages: [stage] };
    return (backend) => tokenizerTask({ backend, config, recipe, data: world, heldOut: world, seed: 0 });
  };
  const data = inventedData(config, transformer.stages.at(-1)!.frames);
  const text = noise([TEXT_TOKENS, config.transformer.text_channels]); // (L, text_channels)
  const transformerStep = (index: number): MakeTask => (backend) => {
    const { name, steps, rate, frames, turns, batch } = transformer.stages[index];
    const recipe = { ...transformer, stages: [{ name, steps, rate, frames, turns, batch }] };
    return transformerTask({ backend, config, recipe, data, heldOut: data, textOf: () => text, seed: 0, tokenizer: 'none' });
  };
  const [first, last] = transformer.stages;
  return new Map([
    [`tokenizer, ${pictures.pictures} pictures`, tokenizerStep(pictures)],
    [`tokenizer, ${videos.videos} videos of ${videos.frames} frames`, tokenizerStep({ ...videos, videoShare: 1 })],
    [`transformer, ${first.batch} pictures`, transformerStep(0)],
    [`transformer, ${last.batch} videos of ${last.frames} frames`, transformerStep(1)],
  ]);
}

function inventedData(config: ModelConfig, frames: number): TransformerData {
  const count = 8;
  const features = (length: number): FeatureSet => {
    const [, h, w] = scheduleOf(config, length).scales.at(-1)!;
    const latents = (length - 1) / framesPerLatent(config.tokenizer) + 1;
    const shape = [count, featureChannels(config.tokenizer), latents, h, w];
    return { captions: new Array<string>(count).fill(''), features: noise(shape) };
  };
  return { pictures: features(1), videos: features(frames) };
}

async function timesOf(task: TrainingTask): Promise<Pick<TimedStep, 'wall' | 'processor' | 'runs'>> {
  let state = newState(task.initial());
  const times: { wall: number; processor: number }[] = [];
  for (let run = -WARM; run < RUNS; run++) {
    const [start, used] = [performance.now(), process.cpuUsage()];
    ({ state } = await trainStep(task, { ...state, step: 0 }));
    const { user, system } = process.cpuUsage(used);
    if (run >= 0) times.push({ wall: (performance.now() - start) / 1e3, processor: (user + system) / 1e6 });
  }
  return { wall: median(times.map(({ wall }) => wall)), processor: median(times.map(({ processor }) => processor)), runs: RUNS };
}

async function callsOf(b: Backend, make: MakeTask): Promise<readonly Call[]> {
  const profile = new Profile('calls');
  const task = make(profile.around(b));
  await trainStep(task, newState(task.initial()));
  return profile.calls();
}

/** By operation, on the clock, of the median step; the host has what is left of it. */
async function sharesOf(b: Backend, make: MakeTask): Promise<readonly Share[]> {
  const found: { readonly whole: number; readonly shares: readonly Share[] }[] = [];
  for (let run = -WARM; run < RUNS; run++) {
    const profile = new Profile('times');
    const task = make(profile.around(b));
    const state = newState(task.initial());
    const start = performance.now();
    await trainStep(task, state);
    if (run >= 0) found.push({ whole: (performance.now() - start) / 1e3, shares: profile.result() });
  }
  const { whole, shares } = found.toSorted((a, b) => a.whole - b.whole)[RUNS >> 1];
  const rest = whole - shares.reduce((sum, { seconds }) => sum + seconds, 0);
  return [...shares, { operation: 'all else, on the host', calls: 0, seconds: Math.max(rest, 0) }];
}

/** Of the operations that are products; the others have none to speak of. A multiplication and an addition are two. */
function flopsOf({ operation, args }: Call): number {
  const [first, second] = args.map(shapeOf);
  if (operation === 'conv3d') {
    const [outputs, channels, kt, kh, kw] = second!;
    const [batch, , frames, height, width] = first!;
    return 2 * batch * outputs * channels * kt * kh * kw * (frames - kt + 1) * height * width;
  }
  if (operation === 'conv3dWeightGradient') {
    const kernel = args[2] as readonly number[];
    const [batch, outputs, frames, height, width] = second!;
    return 2 * batch * outputs * first![1] * product(kernel) * frames * height * width;
  }
  if (operation !== 'matmul') return 0;
  const transposed = (args[2] as { readonly transposeA?: boolean; readonly transposeB?: boolean } | undefined) ?? {};
  const columns = second!.at(transposed.transposeB === true ? -2 : -1)!;
  return 2 * product(first!) * columns;
}

function shapeOf(argument: unknown): readonly number[] | undefined {
  if (argument === null || typeof argument !== 'object' || !('tensor' in argument)) return undefined;
  return argument.tensor as readonly number[];
}

function product(extents: readonly number[]): number {
  return extents.reduce((result, extent) => result * extent, 1);
}
