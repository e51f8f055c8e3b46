/**
 * Stochastic quantizer depth (§3.3) at the toy world's scale: two tokenizers of pictures, trained alike but for the last two
 * scales, which one of them often does without; and, on the codes of each, a transformer that is trained on pictures and scored.
 */

import { join } from 'node:path';
import { residentWeights } from '../src/backend/weights.ts';
import type { Model } from '../src/model/load.ts';
import { planSchedule } from '../src/pipeline/plan.ts';
import { psnrOfScalesKept } from '../src/pipeline/scales-kept.ts';
import { makeTokenizer } from '../src/tokenizer/tokenizer.ts';
import { scenesOf } from '../src/toyworld/captioned.ts';
import { toyWorld } from '../src/toyworld/dataset.ts';
import { videoFeatures } from '../src/training/run/features.ts';
import type { FeatureSet } from '../src/training/run/features.ts';
import { RunLog } from '../src/training/run/log.ts';
import { runTraining } from '../src/training/run/loop.ts';
import { readTokenizerRecipe, readTransformerRecipe } from '../src/training/run/read-recipe.ts';
import type { TokenizerStage } from '../src/training/run/recipe.ts';
import type { Values } from '../src/training/run/state.ts';
import { tokenizerTask } from '../src/training/run/tokenizer-task.ts';
import { transformerTask } from '../src/training/run/transformer-task.ts';
import type { TextOf } from '../src/training/run/transformer-batch.ts';
import { makeTransformer } from '../src/transformer/transformer.ts';
import { RATE, toyScores } from './toy-scores.ts';

const TOY_TOKENIZER = await readTokenizerRecipe('toy-tokenizer');
const TOY_TRANSFORMER = await readTransformerRecipe('toy-transformer');

const PROBABILITIES = [0.4, 0];
const [PICTURES, HELD_OUT] = [4000, 32];
const [CONTINUOUS, , QUANTIZED] = TOY_TOKENIZER.stages;

export interface TokenizerAblationOptions {
  readonly model: Model;
  /** Encodes the captions of a data set first. */
  readonly textsOf: (sets: readonly FeatureSet[]) => Promise<TextOf>;
  readonly folder: string;
  /** Of each transformer. */
  readonly steps: number;
  readonly prompts: number;
}

/** Prints a table in Markdown, row by row. */
export async function ablateTokenizer(options: TokenizerAblationOptions): Promise<void> {
  const scales = planSchedule(options.model.config.schedule, 1).scales.length;
  const decibels = Array.from({ length: scales }, (_, i) => (i + 1 === scales ? 'all, dB' : i === 0 ? '1 scale kept, dB' : `${i + 1}, dB`));
  console.log(`| last two scales dropped | ${decibels.join(' | ')} | held-out loss | colour | background | shape |`);
  console.log(`|---|${'---:|'.repeat(scales + 4)}`);
  const start = await train(options, 'continuous', CONTINUOUS);
  for (const probability of PROBABILITIES) {
    const drop = { last: 2, probability };
    const weights = await train(options, `depth-${probability}`, { ...QUANTIZED, drop }, start);
    console.log(`| in ${100 * probability} % of the steps, each | ${(await measure(options, `depth-${probability}`, weights)).join(' | ')} |`);
  }
}

async function train(
  { model, folder }: TokenizerAblationOptions, name: string, stage: TokenizerStage, start?: Values,
): Promise<Values> {
  const task = tokenizerTask({
    backend: model.backend, config: model.config, recipe: { ...TOY_TOKENIZER, stages: [stage] }, data: toyWorld(),
    heldOut: toyWorld({ split: 'held-out' }), seed: 0, ...(start && { start }),
  });
  return (await runTraining(task, { folder: join(folder, name), checkpointEvery: 100 })).state.average;
}

async function measure(options: TokenizerAblationOptions, name: string, weights: Values): Promise<string[]> {
  const { model, folder, steps, prompts } = options;
  const { backend, config } = model;
  const tokenizer = makeTokenizer(config.tokenizer, residentWeights(backend, weights));
  const quantizer = { config: config.quantizer, channels: config.tokenizer.latent_channels * 4 };
  const { video } = toyWorld({ split: 'held-out' }).batch(0, HELD_OUT, 1); // (N, 3, 1, H, W)
  const schedule = planSchedule(config.schedule, 1);
  const decibels = await psnrOfScalesKept(backend, tokenizer, quantizer, schedule, config.sampling, video);

  const features = (split: 'train' | 'held-out', videos: number): Promise<FeatureSet> => videoFeatures({
    backend, tokenizer, data: scenesOf(toyWorld({ split })), videos, frames: 1, folder, name: `${name}-${split}-${videos}`,
  });
  const [data, heldOut] = [await features('train', PICTURES), await features('held-out', HELD_OUT)];
  const stage = { name: 'pictures', steps, rate: RATE, frames: 1, turns: 0, batch: 16 };
  const task = transformerTask({
    backend, config, recipe: { ...TOY_TRANSFORMER, stages: [stage] }, data: { pictures: data }, heldOut: { pictures: heldOut },
    textOf: await options.textsOf([data, heldOut]), seed: 0, tokenizer: name,
  });
  const run = join(folder, `${name}-transformer`);
  const { state } = await runTraining(task, { folder: run, checkpointEvery: 100 });
  const loss = Number((await new RunLog(run).lines()).at(-1)?.['held_out_loss']);
  const transformer = makeTransformer(config.transformer, config.quantizer, residentWeights(backend, state.average));
  const score = await toyScores({ ...model, tokenizer, transformer }, { prompts, tasks: ['image'] });
  const shares = ['colour', 'background', 'shape'].map((check) => score('image', check));
  return [...decibels.map((value) => value.toFixed(1)), loss.toFixed(4), ...shares];
}
