/** `infinitystar train released`: the official training scripts as recipes, on a folder in the official layout. */

import { join } from 'node:path';
import type { Command } from 'commander';
import { residentWeights } from '../backend/weights.ts';
import { loadModel } from '../model/load.ts';
import { pixelSize, planSchedule } from '../pipeline/plan.ts';
import { makeTokenizer } from '../tokenizer/tokenizer.ts';
import { ReleasedDataSet } from '../training/released/data-set.ts';
import { readReleasedRecipe } from '../training/released/recipe.ts';
import type { TokenCache } from '../training/released/token-cache.ts';
import { releasedTask } from '../training/released/task.ts';
import { readWeights } from '../training/run/checkpoint.ts';
import { fingerprint } from '../training/run/features.ts';
import type { TrainingTask } from '../training/run/loop.ts';
import { addModelOptions } from './model.ts';
import type { ModelOptions } from './model.ts';
import { backendOf, numberAbove, wholeNumber } from './options.ts';

export interface ReleasedOptions extends ModelOptions {
  readonly recipe: string;
  readonly data: string;
  readonly run: string;
  readonly seed: number;
  readonly minutes?: number;
  readonly steps?: number;
  readonly checkpointEvery: number;
  readonly start?: string;
  readonly tokenizer?: string;
  readonly tokenCache?: string;
  readonly extract?: true;
}

/** @param run trains a task into its folder. */
export function addReleasedCommand(
  train: Command, signal: AbortSignal, run: (task: TrainingTask, options: ReleasedOptions) => Promise<void>,
): void {
  const command = train.command('released').description('train the transformer as the official scripts do (docs/training-official.md)');
  addModelOptions(command)
    .option('--recipe <file>', 'released-480p, released-720p, released-interact, or a file like them', 'released-480p')
    .requiredOption('--data <folder>', 'folder with .jsonl files in the official layout')
    .requiredOption('--run <folder>', 'folder of the run: checkpoint, log and, at the end, the weights')
    .option('--token-cache <folder>', 'official token cache to read features from and write them to (default: in the run\'s folder)')
    .option('--extract', 'fill the token cache with the features of all samples, and train nothing')
    .option('--tokenizer <file>', 'weights of the tokenizer (default: the model\'s)')
    .option('--start <file>', 'weights of a transformer to start from')
    .option('--steps <n>', 'steps in all (default: the recipe\'s)', wholeNumber(1))
    .option('--seed <n>', 'of weights and draws', wholeNumber(0), 0)
    .option('--minutes <n>', 'stop after so many minutes; the same command goes on', numberAbove(0))
    .option('--checkpoint-every <steps>', 'steps between checkpoints', wholeNumber(1), 50)
    .action(async (options: ReleasedOptions) => {
      const { task, data, cache } = await prepare(options, signal);
      if (options.extract !== true) return run(task, options);
      await data.extract((done, of) => process.stderr.write(`features of ${done} of ${of}\n`));
      process.stdout.write(`${cache.folder}: features of all samples\n`);
    });
}

interface Prepared {
  readonly task: TrainingTask;
  readonly data: ReleasedDataSet;
  readonly cache: TokenCache;
}

async function prepare(options: ReleasedOptions, signal: AbortSignal): Promise<Prepared> {
  const read = await readReleasedRecipe(options.recipe);
  const recipe = { ...read, steps: options.steps ?? read.steps };
  const backend = await backendOf(options, signal);
  const model = await loadModel(options.model, backend, { cutPrompts: true });
  const weights = await readWeights(options.tokenizer ?? join(options.model, 'tokenizer.safetensors'));
  const { schedule } = model.config;
  const [height, width] = pixelSize(planSchedule(schedule, 1));
  const tokenizer = makeTokenizer(model.config.tokenizer, residentWeights(backend, weights));
  const name = fingerprint(weights);
  const folder = options.tokenCache ?? join(options.run, `tokens-${name}`);
  const cache = { folder, pn: schedule.pn ?? `${width}x${height}`, fps: schedule.fps };
  const data = await ReleasedDataSet.open(options.data, { model, tokenizer, recipe, cache, seed: options.seed });
  const task = releasedTask({
    model, data, recipe, seed: options.seed, tokenizer: name,
    ...(options.start === undefined ? {} : { start: await readWeights(options.start) }),
  });
  return { task, data, cache };
}
