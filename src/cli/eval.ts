/** `infinitystar eval`: Toy-GenEval, how often a toy model makes what the prompt says (toyworld/score.ts). */

import { Command, InvalidArgumentError, Option } from 'commander';
import { hostTensor } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';
import { contactSheet, framesEvenly } from '../io/contact-sheet.ts';
import type { Picture } from '../io/picture.ts';
import { checkOutput, writeMedia } from '../io/write-media.ts';
import { shippedModel } from '../model/default.ts';
import { scoreToyWorld, summarize, TASK_NAMES } from '../toyworld/score.ts';
import type { Outcome, TaskName, ToyScores } from '../toyworld/score.ts';
import { FPS, SIDE } from '../toyworld/render.ts';
import { addModelOptions, openModel } from './model.ts';
import type { ModelOptions } from './model.ts';
import { addSamplingOptions, samplingChanges, wholeNumber } from './options.ts';
import type { SamplingOptions } from './options.ts';
import { duration } from './progress.ts';

interface EvalOptions extends ModelOptions, SamplingOptions {
  readonly prompts: number;
  readonly tasks: readonly TaskName[];
  readonly tokenizer?: true;
  readonly json?: true;
  readonly sheet?: string;
}

/** Of each task on the sheet: so many frames to a row, and rows of videos. */
const SHEET_COLUMNS = 9;
const SHEET_ROWS = 3;

const GENERATION: readonly TaskName[] = TASK_NAMES.filter((name) => name !== 'tokenizer');

export function evalCommand(): Command {
  const command = new Command('eval')
    .description('score a model of the toy world: does it make what the prompt says?')
    .option('--prompts <n>', 'results of each task', wholeNumber(1), 30)
    .addOption(
      new Option('--tasks <list>', `some of ${TASK_NAMES.join(',')}`)
        .argParser(taskList)
        .default(GENERATION, 'all but tokenizer'),
    )
    .addOption(new Option('--tokenizer', 'score the tokenizer alone').conflicts('tasks'))
    .option('--json', 'write the scores and every result as JSON')
    .option('--sheet <file>', 'also write a .png with some of the results');
  return addSamplingOptions(addModelOptions(command, 'toy')).action(run);
}

function taskList(text: string): TaskName[] {
  return text.split(',').map((name) => {
    const task = TASK_NAMES.find((known) => known === name.trim());
    if (task === undefined) throw new InvalidArgumentError(`expected a list of ${TASK_NAMES.join(', ')}.`);
    return task;
  });
}

async function run(options: EvalOptions, command: Command): Promise<void> {
  const { prompts, sheet } = options;
  const tasks: readonly TaskName[] = options.tokenizer ? ['tokenizer'] : options.tasks;
  if (sheet !== undefined) {
    if (!sheet.toLowerCase().endsWith('.png')) throw new ArgumentError('--sheet', 'a name that ends in .png', sheet);
    await checkOutput(sheet, { frames: 1, height: SIDE, width: SIDE, fps: FPS });
  }
  const given = command.getOptionValueSource('model') !== 'default';
  const outcomes: Omit<Outcome, 'frames'>[] = [];
  const shown: Outcome[] = [];
  const report = progress(prompts, (tasks.length + 1) * prompts);
  for (const [path, part] of modelsOf(tasks, options.model, given)) {
    const model = await openModel({ ...options, model: path });
    const read = outcomes.some(({ task }) => task === 'drawn');
    for await (const outcome of scoreToyWorld(model, { prompts, tasks: part, ...samplingChanges(options) })) {
      const { frames, ...rest } = outcome;
      if (read && rest.task === 'drawn') continue; // the reader has been judged already
      outcomes.push(rest);
      const rows = frames.shape[0] === 1 ? SHEET_COLUMNS : SHEET_ROWS;
      if (shown.filter(({ task }) => task === outcome.task).length < rows) shown.push(outcome);
      report(outcome.task);
    }
  }
  if (sheet !== undefined) {
    const picture = resultSheet(shown); // (H', W', 3)
    await writeMedia(sheet, hostTensor(picture.data, [1, ...picture.shape]), FPS);
  }
  const scores = summarize(outcomes);
  const settings = { model: options.model, prompts, tasks, ...samplingChanges(options) };
  process.stdout.write(options.json ? `${JSON.stringify({ ...settings, ...scores, outcomes }, null, 1)}\n` : table(scores));
}

/** The tasks of each model: unless one is given, stories are told by the one that ships for them. */
function modelsOf(tasks: readonly TaskName[], model: string, given: boolean): [model: string, tasks: readonly TaskName[]][] {
  if (given) return [[model, tasks]];
  const parts: [string, TaskName[]][] = [
    [model, tasks.filter((task) => task !== 'interact')],
    [shippedModel('toy-interact'), tasks.filter((task) => task === 'interact')],
  ];
  return parts.filter(([, part]) => part.length > 0);
}

/** A row of pictures, or one row of frames for each video. */
function resultSheet(outcomes: readonly Outcome[]): Picture {
  const blank = hostTensor(new Uint8Array(SIDE * SIDE * 3).fill(255), [SIDE, SIDE, 3]); // (H, W, 3)
  const rows = new Map<string, Picture[]>();
  outcomes.forEach(({ task, frames }, i) => {
    const key = frames.shape[0] === 1 ? task : `${task} ${i}`;
    rows.set(key, [...(rows.get(key) ?? []), ...framesEvenly(frames, SHEET_COLUMNS)]);
  });
  const filled = [...rows.values()].flatMap((row) => [...row, ...Array<Picture>(SHEET_COLUMNS - row.length).fill(blank)]);
  return contactSheet(filled, SHEET_COLUMNS);
}

function table({ scores, psnr }: ToyScores): string {
  const percent = (share: number): string => (100 * share).toFixed(1).padStart(5);
  const lines = [
    ...scores.map(({ task, check, right, of, value, low, high }) => ({
      task,
      text: `${check.padEnd(11)} ${percent(value)} %   ${percent(low)} – ${percent(high)} %   ${right} of ${of}`,
    })),
    ...psnr.map(({ task, value, low, high }) => ({
      task,
      text: `${'PSNR'.padEnd(11)} ${value.toFixed(1).padStart(5)} dB  ${low.toFixed(1).padStart(5)} – ${high.toFixed(1).padStart(5)} dB`,
    })),
  ];
  const tasks = [...new Set(lines.map(({ task }) => task))];
  const rows = tasks.flatMap((task) => {
    const own = lines.filter((line) => line.task === task);
    return own.map(({ text }, i) => `${(i === 0 ? task : '').padEnd(11)} ${text}`);
  });
  return [`${'task'.padEnd(11)} ${'right'.padEnd(11)}  share    95 % interval`, ...rows, ''].join('\n');
}

/** A line that is overwritten on a terminal, otherwise one line a task. */
function progress(prompts: number, total: number, stream: NodeJS.WriteStream = process.stderr): (task: string) => void {
  const started = performance.now();
  let done = 0;
  return (task) => {
    done++;
    const seconds = (performance.now() - started) / 1000;
    const within = ((done - 1) % prompts) + 1;
    if (stream.isTTY) {
      stream.write(`\r\x1b[K${task} ${within}/${prompts}, ${duration(seconds * (total / done - 1))} left`);
      if (done === total) stream.write('\r\x1b[K');
    } else if (within === prompts) {
      stream.write(`${task}: ${prompts} results after ${duration(seconds)}\n`);
    }
  };
}
