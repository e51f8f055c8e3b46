/** What the commands share: the model and the backend that they run on. */

import { homedir } from 'node:os';
import { join } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { Backend } from '../backend/backend.ts';
import { DEFAULT_MODEL, modelDirectory, SHIPPED } from '../model/default.ts';
import type { ShippedName } from '../model/default.ts';
import { printable } from '../errors.ts';
import { DEFAULT_WEIGHT_BUDGET } from '../model/weight-levels.ts';
import { loadModel } from '../model/load.ts';
import type { Model } from '../model/load.ts';
import type { Precision } from '../model/open.ts';
import { TOY_WORDS } from '../model/vocabulary.ts';
import { promptNotices } from '../pipeline/prompt-notice.ts';
import type { WrittenPrompts } from '../pipeline/prompt-notice.ts';
import { addComputeOptions, numberAbove } from './options.ts';
import type { ComputeOptions } from './options.ts';

export interface ModelOptions extends ComputeOptions {
  readonly model: string;
  readonly weightMemory?: number;
  /** Of the commands that sample. */
  readonly asReleased?: true;
  readonly precision?: Precision;
}

/** @param shipped the model unless another one is given; null: prompts choose it. */
export function addModelOptions(command: Command, shipped: ShippedName | null = DEFAULT_MODEL): Command {
  const which = `${SHIPPED.join(', ')} or the folder of a model`;
  const model = new Option('--model <model>', shipped === null ? `${which} (default: emoji, or toy for prompts of its world)` : which).argParser(modelDirectory);
  if (shipped !== null) model.default(modelDirectory(shipped), shipped);
  const memory = '--weight-memory <GiB>';
  command.addOption(model).option(memory, 'weights to keep in memory, wherever; others are read when needed (default: 2)', numberAbove(0, true));
  return addComputeOptions(command);
}

/** Bytes of so many GiB. */
export function weightBudget(gibibytes = DEFAULT_WEIGHT_BUDGET / 2 ** 30): number {
  return gibibytes * 2 ** 30;
}

/** Beneath the help of commands that take prompts. */
export const EMOJI_HELP = '\nThe model emoji knows emoji by their names, by other words for them and as characters: a rooster, 🚀, a laughing face.\n`infinitystar info --model emoji` names them all.\n';
export const TOY_HELP = `\nWords that the models of the toy world know, in any order; the seed chooses what is left out:\n${TOY_WORDS.map((line) => `  ${line}\n`).join('')}`;

/**
 * Opens the model and passes on its notice.
 * @param backend what computes. @param tokenizerOnly whether the transformer stays closed.
 */
export async function openModel(options: ModelOptions, backend: Backend, tokenizerOnly = false): Promise<Model> {
  const opened = await loadModel(options.model, backend, {
    tokenizerOnly,
    promptCache: join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'infinitystar', 'prompts'),
    ...(options.precision === undefined ? {} : { precision: options.precision }),
    ...(options.asReleased === undefined ? {} : { cutPrompts: true }),
    ...(options.weightMemory === undefined ? {} : { weightBudget: weightBudget(options.weightMemory) }),
  });
  if (opened.config.notice !== undefined) process.stderr.write(`note: ${printable(opened.config.notice)}\n`);
  return opened;
}

/** Says what of the prompts the model does not know, and what was chosen for them. */
export function notePrompts(model: Model, written: WrittenPrompts): void {
  for (const line of promptNotices(model, written)) process.stderr.write(`note: ${line}\n`);
}
