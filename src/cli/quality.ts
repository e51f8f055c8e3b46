/** `infinitystar quality <model> --against <model>`: what quantizing or another precision costs. */

import { readFile } from 'node:fs/promises';
import { Argument, Command } from 'commander';
import { ArgumentError } from '../errors.ts';
import { defaultFrames } from '../pipeline/plan.ts';
import type { Figures, Quality, QualityRequest } from '../quality/quality.ts';
import { compareQuality, runReference } from '../quality/quality.ts';
import { captionOf, ALL_ATTRIBUTES, isHeldOut } from '../toyworld/attributes.ts';
import { openModel } from './model.ts';
import type { ModelOptions } from './model.ts';
import { addComputeOptions, backendOf, numberAbove, wholeNumber } from './options.ts';

interface QualityOptions extends Omit<ModelOptions, 'model'> {
  readonly against: string;
  readonly prompts: number;
  readonly promptsFile?: string;
  readonly frames?: number;
  readonly json?: true;
}

export function qualityCommand(signal: AbortSignal): Command {
  const command = new Command('quality')
    .description('compare a model with another form of it: bits with the same history, their distributions, pictures of the same seed')
    .addArgument(new Argument('<model>', 'model directory, quantized for example'))
    .requiredOption('--against <directory>', 'the reference')
    .option('--prompts <n>', 'so many prompts, each with its own seed', wholeNumber(1), 20)
    .option('--prompts-file <file>', 'a prompt a line; the held-out captions of the toy world unless given')
    .option('--frames <n>', 'frames of every result (default: the first frame and one clip)', wholeNumber(1))
    .option('--weight-memory <GiB>', 'weights to keep in memory; others are read when needed (default: 2)', numberAbove(0, true))
    .option('--json', 'write the figures as JSON');
  return addComputeOptions(command).action((path: string, options: QualityOptions) => run(path, options, signal));
}

async function run(path: string, options: QualityOptions, signal: AbortSignal): Promise<void> {
  const backend = await backendOf(options, signal);
  try {
    const reference = await openModel({ ...options, model: options.against }, backend);
    const requests = await requestsOf(options, options.frames ?? defaultFrames(reference.config.schedule));
    const runs = await runReference(reference, requests).finally(() => reference.close());
    const model = await openModel({ ...options, model: path }, backend);
    const quality = await compareQuality(model, runs).finally(() => model.close());
    process.stdout.write(options.json ? asJson(quality) : asText(quality));
  } finally {
    await backend.close();
  }
}

async function requestsOf({ prompts, promptsFile }: QualityOptions, frames: number): Promise<QualityRequest[]> {
  const texts = promptsFile === undefined ? ALL_ATTRIBUTES.filter(isHeldOut).map(captionOf) : await linesOf(promptsFile);
  return Array.from({ length: prompts }, (_, seed) => ({ prompt: texts[seed % texts.length], frames, seed }));
}

async function linesOf(file: string): Promise<string[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').map((line) => line.trim()).filter((line) => line !== '');
  if (lines.length === 0) throw new ArgumentError('--prompts-file', 'a prompt a line', file);
  return lines;
}

function asText({ scales, all, psnr }: Quality): string {
  const row = (name: string, { bits, equal, kl, logitError }: Figures): string => {
    const columns = [String(bits), `${(100 * equal).toFixed(3)} %`, kl.toExponential(2), logitError.toFixed(4)];
    return `${name.padEnd(8)}${columns.map((column) => column.padStart(14)).join('')}`;
  };
  const sorted = psnr.toSorted((a, b) => a - b);
  return [
    `${'scale'.padEnd(8)}${['bits', 'equal bits', 'KL, nats a bit', 'error of l1-l0'].map((name) => name.padStart(14)).join('')}`,
    ...[...scales].map(([si, figures]) => row(String(si), figures)),
    row('all', all),
    `same seed, own history: median ${decibels(sorted[Math.floor(sorted.length / 2)])}, least ${decibels(sorted[0])}, `
      + `${psnr.filter((value) => value === Infinity).length} of ${psnr.length} the same`,
    '',
  ].join('\n');
}

function decibels(value: number): string {
  return value === Infinity ? 'the same' : `${value.toFixed(1)} dB`;
}

/** Infinite decibels are null: JSON has no infinity. */
function asJson({ scales, all, psnr }: Quality): string {
  const finite = psnr.map((value) => (value === Infinity ? null : value));
  return `${JSON.stringify({ scales: Object.fromEntries(scales), all, psnr: finite }, null, 2)}\n`;
}
