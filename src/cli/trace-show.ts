/** `infinitystar trace show <folder> [stage]`: what `--trace` wrote, at a shell. */

import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { ArgumentError } from '../errors.ts';
import { fileSource, readWhole } from '../io/files.ts';
import { formatBits } from '../trace/bits.ts';
import { formatNumbers } from '../trace/numbers.ts';
import type { TraceReader } from '../trace/read.ts';
import { readTrace } from '../trace/read.ts';
import { stageFilter } from '../trace/stages.ts';
import { formatStages, readable, shortNumber } from '../trace/tree.ts';

interface ShowOptions {
  readonly only?: string;
  readonly at?: readonly number[];
  readonly all?: true;
}

export function traceCommand(): Command {
  const trace = new Command('trace').description('look into what --trace wrote (docs/traces.md)').addCommand(
    new Command('show')
      .description('list the stages; one stage as numbers; or the bits of a step with their margins')
      .argument('<folder>', 'a trace')
      .argument('[stage]', 'a stage, such as clip0/scale1/rep0/logits, or a step, such as clip0/scale1/rep0')
      .option('--only <pattern>', 'list only stages of these names, e.g. "clip1/**/logits"')
      .option('--at <indices>', 'of the stage only the part at these indices, e.g. 0,3', indices)
      .option('--all', 'print every number, however many there are')
      .action(show),
  );
  for (const command of trace.commands) command.exitOverride();
  return trace;
}

async function show(folder: string, stage: string | undefined, options: ShowOptions): Promise<void> {
  const archive = await fileSource(join(folder, 'tensors.npz'));
  try {
    const lines = join(folder, 'trace.jsonl');
    const trace = await readTrace(await readWhole(lines), lines, archive);
    process.stdout.write(`${stage === undefined ? listing(trace, options.only) : await looking(trace, stage, options)}\n`);
  } finally {
    await archive.close();
  }
}

function listing({ header, stages }: TraceReader, only: string | undefined): string {
  const wanted = only === undefined ? stages : stages.filter(({ name }) => stageFilter(only)(name));
  if (wanted.length === 0) throw new ArgumentError('--only', 'a pattern that fits a stage', only);
  const run = Object.entries(header).filter(([key]) => key !== 'format').map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  return `${readable(run.join(', '))}\n\n${formatStages(wanted)}`;
}

async function looking(trace: TraceReader, name: string, { at, all }: ShowOptions): Promise<string> {
  const stage = trace.stages.find((candidate) => candidate.name === name);
  if (stage === undefined && trace.stages.some((candidate) => candidate.name === `${name}/margin`)) {
    const [bits, sampled, margin] = await Promise.all(['bits', 'sampled', 'margin'].map((part) => trace.value(`${name}/${part}`)));
    return formatBits(readable(name), { bits, sampled, margin });
  }
  if (stage === undefined) throw new ArgumentError('stage', 'one of those that trace show <folder> lists', name);
  const { step, shape, dtype, min, max, mean, std, notFinite } = stage;
  const statistics = Object.entries({ min, max, mean, std }).map(([key, value]) => `${key} ${shortNumber(value)}`).join(', ');
  const title = `${readable(name)}  ${step}  (${shape.join(', ')}) ${dtype}  ${statistics}${notFinite > 0 ? `, ${notFinite} not finite` : ''}`;
  return `${title}\n\n${formatNumbers(await trace.value(name), at, all)}`;
}

function indices(text: string): number[] {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (!numbers.every((number) => Number.isSafeInteger(number) && number >= 0)) throw new InvalidArgumentError('expected whole numbers divided by commas.');
  return numbers;
}
