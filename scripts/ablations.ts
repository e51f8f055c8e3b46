/**
 * The paper's ablations (§3.2, Table 4) and one more, at the toy world's scale: from one transformer that knows pictures,
 * several are trained on short videos for a while, which differ in one thing, and scored.
 *
 *     npm run ablations [-- --start <weights> --pictures <steps> --steps <n> --prompts <n> --folder <folder> --threads <n>]
 *
 * Without --start, weights or a checkpoint, that transformer is trained first. Prints a table in Markdown, row by row. Every
 * run is resumable; what is finished is not trained again. With --tokenizers, the ablation of ablate-tokenizer.ts instead, its
 * transformers being trained for --pictures steps.
 */

import './errors-in-a-line.ts';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { HostTensor } from '../src/array/host.ts';
import { residentWeights } from '../src/backend/weights.ts';
import { makeBackend } from '../src/backends.ts';
import { shippedModel } from '../src/model/default.ts';
import type { ModelConfig } from '../src/model/directory.ts';
import { loadModel } from '../src/model/load.ts';
import { promptOf } from '../src/pipeline/generate.ts';
import { scenesOf } from '../src/toyworld/captioned.ts';
import { toyWorld } from '../src/toyworld/dataset.ts';
import { readWeights } from '../src/training/run/checkpoint.ts';
import { videoFeatures } from '../src/training/run/features.ts';
import type { FeatureSet } from '../src/training/run/features.ts';
import { RunLog } from '../src/training/run/log.ts';
import { runTraining } from '../src/training/run/loop.ts';
import { readTransformerRecipe } from '../src/training/run/read-recipe.ts';
import type { TransformerRecipe } from '../src/training/run/recipe.ts';
import type { Values } from '../src/training/run/state.ts';
import { transformerTask } from '../src/training/run/transformer-task.ts';
import { makeTransformer } from '../src/transformer/transformer.ts';
import { ablateTokenizer } from './ablate-tokenizer.ts';
import { RATE, toyScores } from './toy-scores.ts';

const TOY_TRANSFORMER = await readTransformerRecipe('toy-transformer');

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
  {
    name: 'pseudo-spacetime pyramid',
    config: ({ schedule, ...config }) => {
      return { ...config, schedule: { ...schedule, frames_first_clip: 1 + schedule.frames_inner_clip } };
    },
  },
];

const FRAMES = 17; // a picture and a clip
const [PICTURES, VIDEOS, HELD_OUT] = [2000, 1000, 32];
const CHECKS = ['colour', 'background', 'shape', 'motion'];

const { values } = parseArgs({
  options: {
    start: { type: 'string' }, pictures: { type: 'string', default: '1500' }, steps: { type: 'string', default: '600' },
    tokenizers: { type: 'boolean', default: false },
    prompts: { type: 'string', default: '100' }, folder: { type: 'string', default: 'out/ablations' }, threads: { type: 'string' },
  },
});
const backend = await makeBackend('wasm', values.threads === undefined ? {} : { threads: Number(values.threads) });
const model = await loadModel(shippedModel('toy'), backend);
const texts = new Map<string, HostTensor>(); // the toy world's captions do not say how long a video is
const textOf = (caption: string): HostTensor => texts.get(caption)!;

if (values.tokenizers) {
  const [steps, prompts] = [Number(values.pictures), Number(values.prompts)];
  const textsOf = async (sets: readonly FeatureSet[]): Promise<typeof textOf> => {
    for (const set of sets) await encodeCaptions(set, 1);
    return textOf;
  };
  await ablateTokenizer({ model, textsOf, folder: values.folder, steps, prompts });
  process.exit(0); // threads of the backend would go on
}
const start = values.start === undefined ? await trainOnPictures() : await readWeights(values.start);
const data = await features('train', VIDEOS, FRAMES);
const heldOut = await features('held-out', HELD_OUT, FRAMES);
const heads = ['', 'held-out loss', ...CHECKS.map((check) => `${check}, text to video`), 'shape, image to video', 'motion', 's a step'];
console.log(`| ${heads.join(' | ')} |`);
console.log(`|---|${'---:|'.repeat(heads.length - 1)}`);
for (const ablation of ABLATIONS) console.log(`| ${[ablation.name, ...(await measure(ablation))].join(' | ')} |`);
process.exit(0); // threads of the backend would go on

async function trainOnPictures(): Promise<Values> {
  const stage = { name: 'pictures', steps: Number(values.pictures), rate: RATE, frames: 1, turns: 0, batch: 24 };
  const sets = { data: { pictures: await features('train', PICTURES, 1) }, heldOut: { pictures: await features('held-out', HELD_OUT, 1) } };
  const task = transformerTask({
    backend, config: model.config, recipe: { ...TOY_TRANSFORMER, stages: [stage] }, ...sets, textOf, seed: 0, tokenizer: 'shipped',
  });
  return (await runTraining(task, { folder: join(values.folder, 'pictures'), checkpointEvery: 50 })).state.average;
}

/** Trains it, and scores text and image to video. */
async function measure({ name, config: change, recipe: changes }: Ablation): Promise<string[]> {
  const config = change?.(model.config) ?? model.config;
  const stage = { name, steps: Number(values.steps), rate: RATE, frames: FRAMES, turns: 0, batch: 6 };
  const recipe = { ...TOY_TRANSFORMER, stages: [stage], ...changes };
  const folder = join(values.folder, name.replaceAll(/\W+/g, '-'));
  const task = transformerTask({
    backend, config, recipe, data: { videos: data }, heldOut: { videos: heldOut }, textOf, seed: 0, tokenizer: 'shipped', start,
  });
  const { state } = await runTraining(task, { folder, checkpointEvery: 50 });
  const lines = await new RunLog(folder).lines();
  const seconds = lines.map((line) => Number(line['seconds'])).sort((a, b) => a - b)[lines.length >> 1];
  const transformer = makeTransformer(config.transformer, config.quantizer, residentWeights(backend, state.average));
  // A pyramid that begins with the whole video has no place for a given picture.
  const tasks = config.schedule.frames_first_clip === undefined ? ['video', 'from-image'] as const : ['video'] as const;
  const score = await toyScores({ ...model, config, transformer }, { prompts: Number(values.prompts), tasks });
  return [
    Number(lines.at(-1)?.['held_out_loss']).toFixed(4), ...CHECKS.map((check) => score('video', check)),
    score('from-image', 'shape'), score('from-image', 'motion'), seconds.toFixed(2),
  ];
}

async function features(split: 'train' | 'held-out', videos: number, frames: number): Promise<FeatureSet> {
  const set = await videoFeatures({
    backend, tokenizer: model.tokenizer, data: scenesOf(toyWorld({ split })), videos, frames,
    folder: values.folder, name: `${split}-${frames}-${videos}`,
  });
  await encodeCaptions(set, frames);
  return set;
}

async function encodeCaptions({ captions }: FeatureSet, frames: number): Promise<void> {
  for (const caption of captions) if (!texts.has(caption)) texts.set(caption, await promptOf(model, caption, frames));
}
