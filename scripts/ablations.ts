/**
 * The paper's ablations (Table 4) at the toy world's scale: transformers that differ in one thing, trained alike for a short
 * while on the shipped tokenizer's codes, and scored.
 *
 *     npm run ablations [-- --steps <n> --prompts <n> --folder <folder> --threads <n>]
 *
 * Prints a table in Markdown, row by row. Every run is resumable; what is finished is not trained again.
 */

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { HostTensor } from '../src/array/host.ts';
import { residentWeights } from '../src/backend/weights.ts';
import { makeBackend } from '../src/backends.ts';
import { defaultModel } from '../src/model/default.ts';
import type { ModelConfig } from '../src/model/directory.ts';
import { loadModel } from '../src/model/load.ts';
import { promptOf } from '../src/pipeline/generate.ts';
import { scenesOf } from '../src/toyworld/captioned.ts';
import { toyWorld } from '../src/toyworld/dataset.ts';
import { scoreToyWorld, summarize } from '../src/toyworld/score.ts';
import type { Outcome } from '../src/toyworld/score.ts';
import { videoFeatures } from '../src/training/run/features.ts';
import type { FeatureSet } from '../src/training/run/features.ts';
import { RunLog } from '../src/training/run/log.ts';
import { runTraining } from '../src/training/run/loop.ts';
import { TOY_TRANSFORMER } from '../src/training/run/recipe.ts';
import type { TransformerRecipe } from '../src/training/run/recipe.ts';
import { transformerTask } from '../src/training/run/transformer-task.ts';
import { makeTransformer } from '../src/transformer/transformer.ts';

interface Ablation {
  readonly name: string;
  /** What it changes, in the paper's words. */
  readonly config?: (config: ModelConfig) => ModelConfig;
  readonly recipe?: Partial<TransformerRecipe>;
}

const ABLATIONS: readonly Ablation[] = [
  { name: 'as shipped' },
  {
    name: 'no semantic scale repetition',
    config: (config) => {
      const once = config.sampling.image_scale_repetition.map(() => 1);
      return { ...config, sampling: { ...config.sampling, image_scale_repetition: once, video_scale_repetition: once } };
    },
  },
  { name: 'full attention: all earlier scales', config: (config) => ({ ...config, context: { ...config.context, context_from_largest_no: 0 } }) },
  { name: 'reference: third largest scale', config: (config) => ({ ...config, context: { ...config.context, context_from_largest_no: 3 } }) },
  { name: 'no self-correction', recipe: { strength: 0 } },
];

const FRAMES = 33; // a picture and two clips
const VIDEOS = 600;
const HELD_OUT = 16;
const CHECKS = ['colour', 'background', 'shape', 'motion'];

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '300' }, prompts: { type: 'string', default: '100' },
    folder: { type: 'string', default: 'out/ablations' }, threads: { type: 'string' },
  },
});
const [steps, prompts] = [Number(values.steps), Number(values.prompts)];
const backend = await makeBackend('wasm', values.threads === undefined ? {} : { threads: Number(values.threads) });
const model = await loadModel(defaultModel(), backend);
const texts = new Map<string, HostTensor>();
const [train, heldOut] = [await features('train', VIDEOS), await features('held-out', HELD_OUT)];

console.log(`| ${['', 'held-out loss', ...CHECKS, 'motion of the next clip', 'no jump', 's a step'].join(' | ')} |`);
console.log(`|---|${'---:|'.repeat(CHECKS.length + 4)}`);
for (const ablation of ABLATIONS) console.log(`| ${[ablation.name, ...(await measure(ablation))].join(' | ')} |`);
process.exit(0); // threads of the backend would go on

/** Trains it, and scores text to video and continuation. */
async function measure({ name, config: change, recipe: changes }: Ablation): Promise<string[]> {
  const config = change?.(model.config) ?? model.config;
  const stage = { name, steps, rate: { peak: 1.5e-3, warmUp: 50, end: 0.05 }, frames: FRAMES, turns: 0, batch: 10 };
  const recipe = { ...TOY_TRANSFORMER, stages: [stage], videos: VIDEOS, ...changes };
  const folder = join(values.folder, name.replaceAll(/\W+/g, '-'));
  const training = transformerTask({
    backend, config, recipe, data: { videos: train }, heldOut: { videos: heldOut }, texts, seed: 0, tokenizer: 'shipped',
  });
  const { state } = await runTraining(training, { folder, checkpointEvery: 50 });
  const lines = await new RunLog(folder).lines();
  const seconds = lines.map((line) => Number(line['seconds'])).sort((a, b) => a - b)[lines.length >> 1];
  const transformer = makeTransformer(config.transformer, config.quantizer, residentWeights(backend, state.average));
  const outcomes: Omit<Outcome, 'frames'>[] = [];
  const tasks = ['video', 'continue'] as const;
  for await (const { task, prompt, checks } of scoreToyWorld({ ...model, config, transformer }, { prompts, tasks })) {
    outcomes.push({ task, prompt, checks });
  }
  const { scores } = summarize(outcomes);
  const score = (of: string, check: string): string => {
    const found = scores.find((entry) => entry.task === of && entry.check === check)!;
    return `${(100 * found.value).toFixed(0)} %`;
  };
  return [
    Number(lines.at(-1)?.['held_out_loss']).toFixed(4), ...CHECKS.map((check) => score('video', check)),
    score('continue', 'motion'), score('continue', 'no jump'), seconds.toFixed(2),
  ];
}

async function features(split: 'train' | 'held-out', videos: number): Promise<FeatureSet> {
  const set = await videoFeatures({
    backend, tokenizer: model.tokenizer, data: scenesOf(toyWorld({ split })), videos, frames: FRAMES,
    folder: values.folder, name: `${split}-${videos}`,
  });
  for (const caption of set.captions) if (!texts.has(caption)) texts.set(caption, await promptOf(model, caption, FRAMES));
  return set;
}
