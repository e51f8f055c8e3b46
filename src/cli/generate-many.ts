/** `infinitystar generate --prompts <file>`, `--seeds a..b`: many samples with names, manifest and overview (docs/scale.md). */

import { readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { Layout } from '../batch/layout.ts';
import { LAYOUTS } from '../batch/layout.ts';
import { writeOverview } from '../batch/overview.ts';
import { planBatch } from '../batch/plan.ts';
import type { Sample } from '../batch/plan.ts';
import { parsePrompts, plainPrompt } from '../batch/prompts-file.ts';
import type { BatchPrompt } from '../batch/prompts-file.ts';
import type { BatchRun } from '../batch/run.ts';
import { runBatch } from '../batch/run.ts';
import { sha256 } from '../batch/manifest.ts';
import { rowMajor } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';
import { givenVideo } from '../io/picture.ts';
import { makeFolder, readWhole } from '../io/files.ts';
import { checkOutput } from '../io/write-media.ts';
import type { Model } from '../model/load.ts';
import { planGenerate } from '../pipeline/generate.ts';
import { hashFiles } from '../text/feature-cache.ts';
import { notBlank } from '../text/prompt.ts';
import { onThreads, partsOf } from './batch-threads.ts';
import type { RequestOptions } from './generate-request.ts';
import type { ModelOptions } from './model.ts';
import { wholeNumber } from './options.ts';
import { duration } from './progress.ts';
import { enlarged, openResult } from './result.ts';
import type { ResultOptions } from './result.ts';
import { version } from './version.ts';

export interface ManyOptions extends ResultOptions {
  readonly prompts?: string;
  readonly samples?: number;
  readonly seeds?: readonly number[];
  readonly layout: Layout;
  readonly shard: readonly [number, number];
  readonly type?: string;
  readonly dryRun?: true;
  readonly models?: number;
}

export function addManyOptions(command: Command): Command {
  return command
    .option('--prompts <file>', 'many: a .txt with a prompt a line, or .json or .jsonl with VBench\'s or GenEval\'s fields; --out is a folder')
    .option('--samples <n>', 'so many of each prompt (default: what the layout asks for; flat: 1); --out is a folder', wholeNumber(1))
    .addOption(new Option('--seeds <a..b>', 'a sample for each of these seeds, and a sheet of them; --out is a folder').argParser(seedRange).conflicts('samples'))
    .addOption(new Option('--layout <name>', 'with --prompts: names of the files').choices(LAYOUTS).default('flat'))
    .addOption(new Option('--shard <i/n>', 'with --prompts: the i-th of n parts').argParser(shardOf).default([1, 1], '1/1'))
    .addOption(new Option('--type <ending>', 'with --prompts: kind of file (default: mp4; png for pictures)').choices(['mp4', 'gif', 'apng', 'png']))
    .option('--models <n>', 'with many samples: so many copies of the model make them at the same time (default: as processors and memory allow)', wholeNumber(1))
    .option('--dry-run', 'with --prompts: list the files, make none');
}

/** Whether many samples are asked for. */
export function isMany({ prompts, samples, seeds, dryRun }: ManyOptions): boolean {
  return prompts !== undefined || samples !== undefined || seeds !== undefined || dryRun !== undefined;
}

function seedRange(text: string): number[] {
  const found = /^(\d{1,10})\.\.(\d{1,10})$/.exec(text);
  const [first, last] = found === null ? [1, 0] : [Number(found[1]), Number(found[2])];
  if (last < first || last >= 2 ** 32 || last - first >= 100_000) {
    throw new InvalidArgumentError('expected two whole numbers such as 0..8, at most 100,000 seeds.');
  }
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function shardOf(text: string): readonly [number, number] {
  const found = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  const [part, parts] = found === null ? [0, 0] : [Number(found[1]), Number(found[2])];
  if (part < 1 || part > parts) throw new InvalidArgumentError('expected a part such as 1/8, from 1 on.');
  return [part, parts];
}

/** @param prompt where there is no file of them. */
export async function readPrompts(prompt: string, { prompts: file }: ManyOptions): Promise<BatchPrompt[]> {
  return file === undefined ? [plainPrompt(notBlank(prompt))] : parsePrompts(await readWhole(file), file);
}

/** @param seed of the options: what the samples' seeds are derived from. */
export function planMany(
  prompts: readonly BatchPrompt[], options: ManyOptions & { readonly seed: number }, picture: boolean,
): Sample[] {
  const { samples, seeds, layout, shard, seed, type = layout === 'geneval' || picture ? 'png' : 'mp4' } = options;
  if (type === 'png' && !picture) throw new ArgumentError('--type', 'mp4, gif or apng for videos (--image-only makes pictures)', type);
  return planBatch(prompts, {
    layout, ending: `.${type}`, shard, seed,
    ...(samples === undefined ? {} : { samples }),
    ...(seeds === undefined ? {} : { seeds }),
  });
}

/** Makes what is missing in the folder, and says how far it is. */
export async function generateMany(
  model: Model, samples: readonly Sample[], folder: string, options: ModelOptions & RequestOptions & ManyOptions, request: BatchRun['request'],
  signal: AbortSignal,
): Promise<void> {
  const { layout, shard, upscale: times, upscaling, diverse } = options;
  const { fps } = model.config.schedule;
  const plan = planGenerate(model, { ...request, prompt: samples[0].prompt.text });
  const { frames, height, width } = plan;
  await makeFolder(folder);
  await checkOutput(join(folder, `sample${extname(samples[0].path)}`), { frames, height: times * height, width: times * width, fps });
  const run = {
    folder, shard, version: version(),
    settings: {
      ...settingsOf(request, frames),
      ...(diverse === undefined ? {} : { diverse }),
      ...(times === 1 ? {} : { upscale: times, upscaling }),
    },
    modelHash: await hashFiles(filesOf(options.model)),
  };
  const started = performance.now();
  let made = 0;
  const { models, threads } = await partsOf(model, options.model, plan, samples.length, options);
  await runBatch(model, samples, {
    ...run, request,
    finish: (made) => enlarged(made, options),
    onSample: ({ path }, done, isNew) => {
      made += Number(isNew);
      const left = made === 0 ? 0 : ((performance.now() - started) / 1000 / made) * (samples.length - done);
      process.stderr.write(`${done} of ${samples.length}: ${path}${isNew ? '' : ' (was there)'}; ${duration(left)} left\n`);
    },
  }, models === 1 ? undefined : onThreads(models, { run, options: { ...options, threads } }, signal));
  const part = shard[1] === 1 ? '' : `-${shard[0]}-of-${shard[1]}`;
  await writeOverview(folder, layout, samples, part);
  const time = duration((performance.now() - started) / 1000);
  process.stdout.write(`${folder}: ${samples.length} samples of ${times * width}×${times * height}, ${made} of them new, in ${time}\n`);
  await openResult(join(folder, `index${part}.html`), options);
}

/** As the manifest has them: what is given by its hash, no functions. */
function settingsOf({ start, ...request }: BatchRun['request'], frames: number): BatchRun['settings'] {
  const values = Object.entries(request).filter(([, value]) => typeof value !== 'function');
  return { ...Object.fromEntries(values), frames, ...(start === undefined ? {} : { start: sha256(rowMajor(givenVideo('start', start).frames)) }) };
}

/** What the results depend on. */
function filesOf(directory: string): string[] {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return files.filter((name) => /\.(json|safetensors|gguf)$/.test(name)).sort().map((name) => join(directory, name));
}
