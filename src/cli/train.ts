/** `infinitystar train tokenizer|transformer`: from data to weights, in pieces that resume where they were stopped. */

import { join } from 'node:path';
import { Command } from 'commander';
import { ArgumentError } from '../errors.ts';
import { readFloats } from '../checkpoint/read-floats.ts';
import { initializeTransformer } from '../model/initialize.ts';
import { loadModel } from '../model/load.ts';
import type { Model } from '../model/load.ts';
import { matchWeights } from '../model/match-weights.ts';
import { readModelConfig } from '../model/directory.ts';
import type { ModelConfig } from '../model/directory.ts';
import { generateVideo, promptOf } from '../pipeline/generate.ts';
import { pixelSize } from '../pipeline/plan.ts';
import { framesOfLatents } from '../pyramid/schedule.ts';
import { makeTokenizer } from '../tokenizer/tokenizer.ts';
import { transformerShapes } from '../transformer/shapes.ts';
import { makeTransformer } from '../transformer/transformer.ts';
import { residentWeights } from '../backend/weights.ts';
import type { HostTensor } from '../array/host.ts';
import { scenesOf, turnsOf } from '../toyworld/captioned.ts';
import { toyWorld } from '../toyworld/dataset.ts';
import type { ToyWorld } from '../toyworld/dataset.ts';
import type { Augmentation } from '../training/data/augment.ts';
import { folderData } from '../training/data/folder.ts';
import type { FolderData } from '../training/data/folder.ts';
import type { CaptionedVideos, TrainingVideos } from '../training/data/videos.ts';
import { readWeights, writeWeights } from '../training/run/checkpoint.ts';
import { checkUnlocked } from '../training/run/lock.ts';
import { fingerprint, videoFeatures } from '../training/run/features.ts';
import type { FeatureSet } from '../training/run/features.ts';
import { runTraining } from '../training/run/loop.ts';
import type { TrainingTask } from '../training/run/loop.ts';
import { readTokenizerRecipe, readTransformerRecipe } from '../training/run/read-recipe.ts';
import type { TokenizerRecipe, TransformerRecipe, TransformerStage } from '../training/run/recipe.ts';
import type { RunSample } from '../training/run/page.ts';
import { frameRow } from '../training/run/samples.ts';
import type { Values } from '../training/run/state.ts';
import { scheduleOf, tokenizerTask } from '../training/run/tokenizer-task.ts';
import { transformerTask } from '../training/run/transformer-task.ts';
import { featuresOf, framesOfKind, kindsOf } from '../training/run/transformer-batch.ts';
import type { BatchKind, TextOf, TransformerData } from '../training/run/transformer-batch.ts';
import { addModelOptions } from './model.ts';
import { addReleasedCommand } from './train-released.ts';
import type { ModelOptions } from './model.ts';
import { backendOf, numberAbove, wholeNumber } from './options.ts';
import { trainingProgress } from './progress.ts';

const TOY_WORLD = 'toyworld';

interface TrainOptions extends ModelOptions {
  readonly data: string;
  readonly run: string;
  readonly seed: number;
  readonly minutes?: number;
  readonly scaleSteps: number;
  readonly checkpointEvery: number;
  readonly start?: string;
  readonly recipe: string;
}

interface TokenizerOptions extends TrainOptions {
  readonly featureNetwork?: string;
}

interface TransformerOptions extends TrainOptions {
  readonly tokenizer?: string;
  readonly videos?: number;
}

export function trainCommand(signal: AbortSignal): Command {
  const command = new Command('train').description('train a model');
  const tokenizer = addTrainOptions(command.command('tokenizer').description('train the video tokenizer'), 'toy-tokenizer')
    .option('--feature-network <file>', 'weights of a VGG with LPIPS\'s, for a recipe with a feature_weight');
  tokenizer.action((options: TokenizerOptions) => trainTokenizer(options, signal));
  const decoder = command.command('decoder').description('train a tokenizer\'s decoder alone: its codes stay as they are');
  addTrainOptions(decoder, 'toy-decoder').action((options: TrainOptions) => {
    return trainTokenizer({ ...options, start: options.start ?? join(options.model, 'tokenizer.safetensors') }, signal, true);
  });
  const transformer = command.command('transformer').description('train the transformer');
  addTransformerOptions(transformer, 'toy-transformer').action((options: TransformerOptions) => trainTransformer(options, signal));
  const interact = command.command('interact').description('fine-tune a transformer for turns of a story');
  addTransformerOptions(interact, 'toy-interact').action((options: TransformerOptions) => {
    return trainTransformer({ ...options, start: options.start ?? join(options.model, 'transformer.safetensors') }, signal);
  });
  addReleasedCommand(command, signal, (task, options) => run(task, options, 'transformer.safetensors', signal));
  return command;
}

/** @param recipe the one of the toy world. */
function addTrainOptions(command: Command, recipe: string): Command {
  return addModelOptions(command, 'toy')
    .option('--recipe <file>', 'stages, rates, batches, losses: a file, or the name of one in recipes/', recipe)
    .option('--data <name>', 'what to train on: toyworld, or a folder with .jsonl files (docs/training.md)', TOY_WORLD)
    .requiredOption('--run <folder>', 'folder of the run: checkpoint, log and, at the end, the weights')
    .option('--seed <n>', 'of weights and draws', wholeNumber(0), 0)
    .option('--minutes <n>', 'stop after so many minutes; the same command goes on', numberAbove(0))
    .option('--scale-steps <factor>', 'as many times the steps of the recipe', numberAbove(0), 1)
    .option('--checkpoint-every <steps>', 'steps between checkpoints', wholeNumber(1), 50)
    .option('--start <file>', 'weights to start from');
}

function addTransformerOptions(command: Command, recipe: string): Command {
  return addTrainOptions(command, recipe)
    .option('--tokenizer <file>', 'weights of the tokenizer (default: the model\'s)')
    .option('--videos <n>', 'videos whose features are drawn from (default: the recipe\'s)', wholeNumber(1));
}

async function trainTokenizer(options: TokenizerOptions, signal: AbortSignal, decoderOnly = false): Promise<void> {
  await checkUnlocked(options.run); // before the long work of reading data
  const recipe = await readTokenizerRecipe(options.recipe);
  const config = await readModelConfig(options.model);
  const { train: data, heldOut } = await trainingVideos(options, config, recipe);
  const task = tokenizerTask({
    backend: await backendOf(options, signal),
    config,
    recipe: { ...recipe, stages: scaled(recipe.stages, options.scaleSteps) },
    data,
    heldOut,
    seed: options.seed,
    decoderOnly,
    ...(options.featureNetwork === undefined ? {} : { featureNetwork: await readFloats(options.featureNetwork) }),
    ...(options.start === undefined ? {} : { start: await partWeights(options.start, 'tokenizer', config) }),
  });
  await run(task, options, 'tokenizer.safetensors', signal);
}

/** The toy world, or the folder that is asked for. */
async function trainingVideos(
  { data, seed }: TrainOptions,
  config: ModelConfig,
  recipe: TokenizerRecipe,
): Promise<{ train: TrainingVideos; heldOut: TrainingVideos }> {
  const { augmentation } = recipe;
  if (data !== TOY_WORLD) return openFolder(data, config, longestOf(recipe), seed, augmentation);
  if (augmentation !== undefined) throw new ArgumentError('augmentation', `none for ${TOY_WORLD}, which never repeats itself`, augmentation);
  return { train: toyWorld({ seed }), heldOut: toyWorld({ seed, split: 'held-out' }) };
}

async function openFolder(
  path: string, config: ModelConfig, frames: number, seed: number, augmentation?: Augmentation,
): Promise<FolderData> {
  const [height, width] = pixelSize(scheduleOf(config, 1));
  const form = { height, width, rate: config.schedule.fps };
  const folder = await folderData(path, { ...form, frames, seed, ...(augmentation && { augmentation }) });
  if (folder.overlap) process.stderr.write('note: too few files to hold some out: what is trained on is measured too\n');
  return folder;
}

/** By what batches are made of; a folder has no turns. */
type Captioned = { readonly [kind in BatchKind]?: CaptionedVideos };

async function captionedVideos(
  { data, seed }: TransformerOptions,
  config: ModelConfig,
  recipe: TransformerRecipe,
): Promise<{ train: Captioned; heldOut: Captioned }> {
  if (data === TOY_WORLD) {
    const of = (world: ToyWorld): Captioned => ({ pictures: scenesOf(world), videos: scenesOf(world), turns: turnsOf(world) });
    return { train: of(toyWorld({ seed })), heldOut: of(toyWorld({ seed, split: 'held-out' })) };
  }
  if (recipe.stages.some(({ turns }) => turns > 0)) throw new ArgumentError('--data', `${TOY_WORLD}; a folder has no turns`, data);
  const { train, heldOut } = await openFolder(data, config, longestOf(recipe), seed);
  return { train: { pictures: train.pictures, videos: train }, heldOut: { pictures: heldOut.pictures, videos: heldOut } };
}

/** Frames of the longest videos of a recipe. */
function longestOf({ stages }: TokenizerRecipe | TransformerRecipe): number {
  return Math.max(...stages.map(({ frames }) => frames));
}

/** Held-out videos that are measured at a checkpoint, and captions of them whose videos the run's page shows. */
const [HELD_OUT, SHOWN] = [16, 6];

async function trainTransformer(options: TransformerOptions, signal: AbortSignal): Promise<void> {
  await checkUnlocked(options.run); // before the long work of reading data
  const given = await readTransformerRecipe(options.recipe);
  const config = await readModelConfig(options.model);
  const data = await captionedVideos(options, config, given);
  const backend = await backendOf(options, signal);
  const weights = await partWeights(options.tokenizer ?? join(options.model, 'tokenizer.safetensors'), 'tokenizer', config);
  const untrained = initializeTransformer(transformerShapes(config.transformer, config.quantizer), options.seed);
  const model = await loadModel(options.model, backend, { weights: { tokenizer: weights, transformer: untrained } });
  const tokenizer = makeTokenizer(model.config.tokenizer, residentWeights(backend, weights));
  const name = fingerprint(weights);
  const recipe = { ...given, stages: scaled(given.stages, options.scaleSteps), videos: options.videos ?? given.videos };
  type Counts = Readonly<Record<BatchKind, number>>;
  const framesOf: Counts = {
    pictures: 1, videos: longestOf(recipe), turns: framesOfLatents(1 + 2 * model.config.schedule.frames_inner_clip),
  };
  const featureSets = async (part: string, sources: Captioned, most: Counts): Promise<TransformerData> => {
    const sets: { [kind in BatchKind]?: FeatureSet } = {};
    for (const kind of new Set(recipe.stages.flatMap((stage) => [...kindsOf(stage).keys()]))) {
      const [source, frames] = [sources[kind]!, framesOf[kind]];
      const videos = Math.min(most[kind], source.videos ?? most[kind]);
      sets[kind] = await videoFeatures({
        backend, tokenizer, data: source, videos, frames, folder: options.run,
        name: [part, kind, frames, videos, name, source.fingerprint].filter((word) => word !== undefined).join('-'),
        onProgress: (done, of) => progressLine(`${part}: ${kind}, features of ${done} of ${of}`, done === of),
      });
    }
    return sets;
  };
  const heldOut = await featureSets('held-out', data.heldOut, { pictures: HELD_OUT, videos: HELD_OUT, turns: HELD_OUT });
  const { pictures, videos } = recipe;
  const sets = await featureSets('train', data.train, { pictures, videos, turns: videos });
  const print = data.train.pictures?.fingerprint;
  const task = transformerTask({
    backend,
    config: model.config,
    recipe,
    data: sets,
    heldOut,
    textOf: await textsOf(model, recipe.stages, [sets, heldOut]),
    seed: options.seed,
    tokenizer: name,
    ...(print === undefined ? {} : { fingerprint: print }),
    ...(options.start === undefined ? {} : { start: await partWeights(options.start, 'transformer', model.config) }),
  });
  const shown = Object.values(heldOut)[0].captions.slice(0, SHOWN);
  const clip = framesOfLatents(1 + model.config.schedule.frames_inner_clip);
  const samples = (_: number, average: Values): Promise<RunSample[]> => {
    return generatedSamples({ ...model, tokenizer }, average, shown, clip);
  };
  await run({ ...task, samples }, options, 'transformer.safetensors', signal);
}

/** All weights of a part of the model. @throws FileError if they are not those of its configuration. */
async function partWeights(path: string, part: 'tokenizer' | 'transformer', config: ModelConfig): Promise<Values> {
  const weights = await readWeights(path);
  matchWeights(part, { name: path, shapes: new Map([...weights].map(([key, { shape }]) => [key, shape])) }, config);
  return weights;
}

/** Encodes all captions, for every length of a stage. */
async function textsOf(model: Model, stages: readonly TransformerStage[], data: readonly TransformerData[]): Promise<TextOf> {
  const texts = new Map<string, HostTensor>();
  const key = (caption: string, frames: number): string => `${frames}: ${caption}`;
  for (const stage of stages) {
    for (const kind of kindsOf(stage).keys()) {
      const frames = framesOfKind(stage, kind);
      const sets = data.map((part) => featuresOf(part, kind));
      for (const caption of sets.flatMap(({ captions, forms }) => [...captions, ...(forms ?? []).flat()])) {
        const name = key(caption, frames);
        if (!texts.has(name)) texts.set(name, await promptOf(model, caption, frames));
      }
    }
  }
  return (caption, frames) => texts.get(key(caption, frames))!;
}

/** A row of frames for each prompt, made by the model with these weights of its transformer. */
async function generatedSamples(model: Model, weights: Values, prompts: readonly string[], frames: number): Promise<RunSample[]> {
  const { transformer, quantizer } = model.config;
  return model.backend.scope('samples', async (backend) => {
    const trained = makeTransformer(transformer, quantizer, residentWeights(backend, weights));
    const samples: RunSample[] = [];
    for (const [seed, prompt] of prompts.entries()) {
      const video = await generateVideo({ ...model, backend, transformer: trained }, { prompt, frames, seed });
      samples.push(frameRow(prompt, video.frames));
    }
    return samples;
  });
}

/** Under the signal that the task computes under: what has been trained until then is saved. */
async function run(
  task: TrainingTask, options: Pick<TrainOptions, 'run' | 'minutes' | 'checkpointEvery'>, output: string, stop: AbortSignal,
): Promise<void> {
  const { run: folder, minutes, checkpointEvery } = options;
  const { state, finished } = await runTraining(task, {
    folder,
    checkpointEvery,
    stop,
    onStep: trainingProgress(),
    ...(minutes === undefined ? {} : { minutes }),
  });
  const path = join(folder, output);
  await writeWeights(path, task.whole?.(state.average) ?? state.average);
  const how = finished ? 'finished' : 'the same command goes on';
  process.stdout.write(`${path}: averaged weights after ${state.step} of ${task.steps} steps, ${how}\n`);
  if (!finished) stop.throwIfAborted();
}

/** The same stages, longer or shorter. */
function scaled<S extends { readonly steps: number }>(stages: readonly S[], factor: number): S[] {
  const result = stages.map((stage) => ({ ...stage, steps: Math.round(stage.steps * factor) })).filter(({ steps }) => steps > 0);
  if (result.length === 0) throw new ArgumentError('scale-steps', 'a factor that leaves a step', factor);
  return result;
}

function progressLine(text: string, last: boolean): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${last ? '' : text}`);
  else if (last) process.stderr.write(`${text}\n`);
}
