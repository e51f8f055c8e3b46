/**
 * `infinitystar eval`: how often a model makes what the prompt says. Models of the toy world are scored by Toy-GenEval
 * (toyworld/score.ts), models of emoji by what their pictures look like most (emoji-eval/score.ts).
 */

import { Command, InvalidArgumentError, Option } from 'commander';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Backend } from '../backend/backend.ts';
import { parseNames } from '../emoji/names.ts';
import { readLibrary } from '../emoji-eval/library.ts';
import { EMOJI_TASKS, scoreEmoji } from '../emoji-eval/score.ts';
import type { EmojiOutcome } from '../emoji-eval/score.ts';
import { ArgumentError } from '../errors.ts';
import { modelDirectory, shippedModel } from '../model/default.ts';
import { readModelConfig } from '../model/directory.ts';
import { defaultFrames, pixelSize, planSchedule } from '../pipeline/plan.ts';
import { FPS, SIDE } from '../toyworld/render.ts';
import { scoreToyWorld, summarize, TASK_NAMES } from '../toyworld/score.ts';
import type { Outcome, TaskName } from '../toyworld/score.ts';
import { evalProgress, ResultSheet, scoreTable } from './eval-output.ts';
import { addModelOptions, openModel } from './model.ts';
import type { ModelOptions } from './model.ts';
import { addSamplingOptions, backendOf, samplingChanges, wholeNumber } from './options.ts';
import type { SamplingOptions } from './options.ts';

interface EvalOptions extends ModelOptions, SamplingOptions {
  readonly prompts: number;
  readonly tasks?: readonly string[];
  readonly tokenizer?: true;
  readonly data: string;
  readonly json?: true;
  readonly sheet?: string;
}

export function evalCommand(signal: AbortSignal): Command {
  const command = new Command('eval')
    .description('score a model of the toy world or of emoji: does it make what the prompt says?')
    .option('--prompts <n>', 'results of each task', wholeNumber(1), 30)
    .addOption(
      new Option('--tasks <list>', `some of ${TASK_NAMES.join(',')}; for emoji of ${EMOJI_TASKS.join(',')} (default: all but tokenizer)`)
        .argParser(taskList),
    )
    .addOption(new Option('--tokenizer', 'score the tokenizer alone').conflicts('tasks'))
    .option('--data <folder>', 'what `npm run data:emoji` made, for models of emoji', 'data/emoji')
    .option('--json', 'write the scores and every result as JSON')
    .option('--sheet <file>', 'also write a .png with some of the results');
  const sampling = addSamplingOptions(addModelOptions(command, 'toy'));
  return sampling.action((options: EvalOptions, own: Command) => run(options, own, signal));
}

function taskList(text: string): string[] {
  const names: readonly string[] = [...TASK_NAMES, ...EMOJI_TASKS];
  return text.split(',').map((part) => {
    const name = part.trim();
    if (!names.includes(name)) throw new InvalidArgumentError(`expected a list of ${[...new Set(names)].join(', ')}.`);
    return name;
  });
}

/** The tasks that are asked for; unless some are, all but the tokenizer's. */
function chosen<T extends string>({ tasks, tokenizer }: EvalOptions, all: readonly T[]): readonly T[] {
  if (tokenizer) return all.filter(isOfTokenizer);
  if (tasks === undefined) return all.filter((name) => !isOfTokenizer(name));
  return tasks.map((name) => {
    const task = all.find((known) => known === name);
    if (task === undefined) throw new ArgumentError('--tasks', `some of ${all.join(', ')} for this model`, name);
    return task;
  });
}

/** Whether a task needs no transformer. */
function isOfTokenizer(task: string): boolean {
  return task.startsWith('tokenizer');
}

async function run(options: EvalOptions, command: Command, signal: AbortSignal): Promise<void> {
  const { vocabulary } = await readModelConfig(modelDirectory(options.model));
  const backend = await backendOf(options, signal);
  if (vocabulary === 'emoji') return evalEmoji(options, backend);
  return evalToy(options, command.getOptionValueSource('model') !== 'default', backend);
}

async function evalEmoji(options: EvalOptions, backend: Backend): Promise<void> {
  const { prompts } = options;
  const tasks = chosen(options, EMOJI_TASKS);
  const directory = modelDirectory(options.model);
  const { schedule } = await readModelConfig(directory);
  const [side] = pixelSize(planSchedule(schedule, defaultFrames(schedule), 1));
  const sheet = await ResultSheet.at(options.sheet, side, schedule.fps);
  const names = join(directory, 'names.json');
  const known = new Set(parseNames(await readFile(names), names).map(({ name }) => name));
  const library = await readLibrary(options.data, side);
  const model = await openModel(options, backend, tasks.every(isOfTokenizer));
  const report = evalProgress(prompts, tasks.length * prompts);
  const outcomes: Omit<EmojiOutcome, 'frames'>[] = [];
  for await (const { frames, ...outcome } of scoreEmoji(model, { library, known, prompts, tasks, ...samplingChanges(options) })) {
    outcomes.push(outcome);
    sheet.add({ task: outcome.task, frames });
    report(outcome.task);
  }
  await sheet.write();
  const scores = { items: known.size, among: library.length, ...summarize(outcomes) };
  finish(options, { tasks, ...scores, outcomes }, scoreTable(scores));
}

/** @param given whether the model was chosen; unless it was, stories are told by the one that ships for them. */
async function evalToy(options: EvalOptions, given: boolean, backend: Backend): Promise<void> {
  const { prompts } = options;
  const tasks = chosen(options, TASK_NAMES);
  const sheet = await ResultSheet.at(options.sheet, SIDE, FPS);
  const outcomes: Omit<Outcome, 'frames'>[] = [];
  const report = evalProgress(prompts, (tasks.length + 1) * prompts);
  for (const [path, part] of given ? ([[options.model, tasks]] as const) : shippedModels(tasks, options.model)) {
    const model = await openModel({ ...options, model: path }, backend, part.every(isOfTokenizer));
    const read = outcomes.some(({ task }) => task === 'drawn');
    for await (const { frames, ...outcome } of scoreToyWorld(model, { prompts, tasks: part, ...samplingChanges(options) })) {
      if (read && outcome.task === 'drawn') continue; // the reader has been judged already
      outcomes.push(outcome);
      sheet.add({ task: outcome.task, frames });
      report(outcome.task);
    }
  }
  await sheet.write();
  const scores = summarize(outcomes);
  finish(options, { tasks, ...scores, outcomes }, scoreTable(scores));
}

function shippedModels(tasks: readonly TaskName[], model: string): [model: string, tasks: readonly TaskName[]][] {
  const parts: [string, TaskName[]][] = [
    [model, tasks.filter((task) => task !== 'interact')],
    [shippedModel('toy-interact'), tasks.filter((task) => task === 'interact')],
  ];
  return parts.filter(([, part]) => part.length > 0);
}

function finish(options: EvalOptions, results: object, table: string): void {
  const { model, prompts, json } = options;
  const everything = { model, prompts, ...samplingChanges(options), ...results };
  process.stdout.write(json ? `${JSON.stringify(everything, null, 1)}\n` : table);
}
