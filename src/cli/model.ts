/** What the commands share: the model and the backend that they run on. */

import { Option } from 'commander';
import type { Command } from 'commander';
import { makeBackend } from '../backends.ts';
import { defaultModel } from '../model/default.ts';
import { loadModel } from '../model/load.ts';
import type { Model } from '../model/load.ts';
import { backendOption } from './options.ts';

export interface ModelOptions {
  readonly model: string;
  readonly backend: string;
}

export function addModelOptions(command: Command): Command {
  return command
    .addOption(new Option('--model <directory>', 'model directory').default(defaultModel(), 'the small one that ships'))
    .addOption(backendOption());
}

/** Opens the model and passes on its notice. */
export async function openModel({ model, backend }: ModelOptions): Promise<Model> {
  const opened = await loadModel(model, makeBackend(backend));
  if (opened.config.notice !== undefined) process.stderr.write(`note: ${opened.config.notice}\n`);
  return opened;
}
