/** `infinitystar info`: what a model is, its schedule, and what a request would need. */

import { Command } from 'commander';
import { sizeOf } from '../array/host.ts';
import { printable } from '../errors.ts';
import { folderFiles } from '../model/folder.ts';
import { checkModelFiles } from '../model/open.ts';
import type { WeightBytes } from '../model/weight-levels.ts';
import { weightRoom } from '../model/weight-levels.ts';
import { vocabularyLines } from '../model/vocabulary.ts';
import type { ModelConfig } from '../model/directory.ts';
import { largestArrays } from '../pipeline/largest-array.ts';
import { estimateMemory, isGuided, PROMPT_TOKENS } from '../pipeline/memory.ts';
import { checkRatio, defaultFrames, pixelSize, planSchedule } from '../pipeline/plan.ts';
import { expandSteps } from '../pyramid/repetition.ts';
import { latentFrames } from '../pyramid/schedule.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import { vocabularyOf } from '../quantizer/vocabulary.ts';
import { tokenizerShapes } from '../tokenizer/shapes.ts';
import { transformerShapes } from '../transformer/shapes.ts';
import { estimateWork, measureRate } from '../pipeline/work.ts';
import type { Work } from '../pipeline/work.ts';
import { addModelOptions, weightBudget } from './model.ts';
import { backendOf, numberAbove, wholeNumber } from './options.ts';
import type { ComputeOptions } from './options.ts';
import { duration } from './progress.ts';

interface InfoOptions extends ComputeOptions {
  readonly model: string;
  readonly weightMemory?: number;
  readonly frames?: number;
  readonly ratio?: number;
}

export function infoCommand(signal: AbortSignal): Command {
  const command = new Command('info')
    .description('describe a model and what a request would need')
    .option('--frames <n>', 'frames of the request', wholeNumber(1))
    .option('--ratio <h/w>', 'height / width of the request', numberAbove(0));
  return addModelOptions(command).action((options: InfoOptions) => run(options, signal));
}

async function run({ model, frames, ratio, weightMemory, ...compute }: InfoOptions, signal: AbortSignal): Promise<void> {
  const backend = await backendOf(compute, signal);
  const { config, weights } = await checkModelFiles(folderFiles(model), weightRoom(weightBudget(weightMemory), backend.capacity));
  checkRatio(config.schedule, ratio);
  const schedule = planSchedule(config.schedule, frames ?? defaultFrames(config.schedule), ratio);
  const time = describeTime(estimateWork(config, schedule, PROMPT_TOKENS), await measureRate(backend), backend.name);
  const words = await vocabularyLines(config, folderFiles(model));
  const known = words.length === 0 ? [] : ['words that it knows', ...words.map((line) => `  ${line}`)];
  process.stdout.write([...describeModel(config), ...known, '', ...describeSchedule(config, schedule, weights, backend.name), ...time, ''].map(printable).join('\n'));
}

/** Nothing but products and convolutions at their best rate: what is said is the least that it takes. */
function describeTime({ sampling, decoding }: Work, rate: number, backend: string): string[] {
  const line = (part: string, work: number): string => {
    return `  ${part.padEnd(36)} ${(work / 1e9).toFixed(1).padStart(8)} GFLOP ${duration(work / rate).padStart(12)}`;
  };
  return [
    `time at least, at the ${(rate / 1e9).toFixed(1)} GFLOP/s that the ${backend} backend just reached`,
    line('sampling', sampling),
    line('decoding', decoding),
  ];
}

function describeModel(config: ModelConfig): string[] {
  const tokenizer = [...tokenizerShapes(config.tokenizer)];
  const parts: [string, number][] = ['encoder', 'decoder'].map((part) => {
    return [`tokenizer ${part}`, parameters(tokenizer.filter(([key]) => key.startsWith(`${part}.`)))];
  });
  const transformer = [...transformerShapes(config.transformer, config.quantizer)];
  const isBlock = (key: string): boolean => /^block(s|_chunks)\./.test(key);
  parts.push(['transformer blocks', parameters(transformer.filter(([key]) => isBlock(key)))]);
  parts.push(['transformer rest', parameters(transformer.filter(([key]) => !isBlock(key)))]);
  const { transformer: t, tokenizer: v } = config;
  return [
    `model ${config.name}${config.notice === undefined ? '' : ` (${config.notice})`}`,
    `  transformer: width ${t.embed_dim}, ${t.depth} blocks, ${t.num_heads} heads, ${t.num_key_value_heads} key/value heads`,
    `  tokenizer: widths ${v.block_out_channels.join('-')}, ${v.layers_per_block} blocks a level`,
    'parameters',
    ...parts.map(([name, count]) => `  ${name.padEnd(20)} ${count.toLocaleString('en').padStart(15)}`),
  ];
}

function parameters(entries: readonly (readonly [string, readonly number[]])[]): number {
  return entries.reduce((sum, [, shape]) => sum + sizeOf(shape), 0);
}

function describeSchedule(config: ModelConfig, schedule: Schedule, weights: WeightBytes, backend: string): string[] {
  const [height, width] = pixelSize(schedule);
  const steps = expandSteps(schedule, config.sampling);
  const latents = latentFrames(schedule);
  const lines = schedule.scales.map((scale, si) => {
    const [t, h, w] = scale;
    const repetitions = steps.filter((step) => step.si === si).length;
    const { name, width: bits } = vocabularyOf(config.quantizer, scale);
    const place = `${Math.floor(si / schedule.scalesPerClip)}/${si % schedule.scalesPerClip}`;
    return `  ${place.padStart(10)}  ${`${t}×${h}×${w}`.padStart(10)}  ${String(t * h * w).padStart(7)}  ${repetitions}  ${bits} (${name})`;
  });
  return [
    `request: ${4 * (latents - 1) + 1} frames of ${width}×${height} at ${config.schedule.fps} a second, ${steps.length} steps`,
    '  clip/scale       t×h×w   tokens  repetitions and bits a token',
    ...lines,
    `memory at most, estimated for a prompt of ${PROMPT_TOKENS} tokens`,
    ...estimateMemory(config, schedule, weights, PROMPT_TOKENS, backend).parts.map(({ part, bytes }) => {
      return `  ${part.padEnd(36)} ${megabytes(bytes)}`;
    }),
    ...Object.entries({ ...largestArrays(config, schedule, isGuided(config)) }).map(([stage, bytes]) => {
      return `  ${`the largest array of ${stage}`.padEnd(36)} ${megabytes(bytes)}`;
    }),
  ];
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0).padStart(8)} MB`;
}
