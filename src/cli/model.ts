/** What the commands share: the model and the backend that they run on. */

import { Option } from 'commander';
import type { Command } from 'commander';
import type { Backend } from '../backend/backend.ts';
import { defaultModel } from '../model/default.ts';
import { loadModel } from '../model/load.ts';
import type { Model } from '../model/load.ts';
import { addComputeOptions, backendOf } from './options.ts';
import type { ComputeOptions } from './options.ts';

export interface ModelOptions extends ComputeOptions {
  readonly model: string;
}

export function addModelOptions(command: Command): Command {
  const model = new Option('--model <directory>', 'model directory').default(defaultModel(), 'the small one that ships');
  return addComputeOptions(command.addOption(model));
}

/** Opens the model and passes on its notice. @param on what computes; unless given, what the options ask for. */
export async function openModel(options: ModelOptions, on?: Backend): Promise<Model> {
  const opened = await loadModel(options.model, on ?? (await backendOf(options)));
  if (opened.config.notice !== undefined) process.stderr.write(`note: ${opened.config.notice}\n`);
  return opened;
}
