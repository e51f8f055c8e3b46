/** The reader of prompts that a model's config.json asks for (prompt/reader.ts). */

import { parseNames } from '../emoji/names.ts';
import { emojiReader } from '../emoji/read-prompt.ts';
import { verbatim } from '../prompt/reader.ts';
import type { PromptReader } from '../prompt/reader.ts';
import { readToyPrompt } from '../toyworld/read-prompt.ts';
import { readAll } from './files.ts';
import type { ModelFiles } from './files.ts';
import type { ModelConfig } from './parse-config.ts';

/** @throws FileError or ArgumentError if a model of emoji has no names.json, or a wrong one. */
export async function promptReader({ vocabulary }: Pick<ModelConfig, 'vocabulary'>, files: ModelFiles): Promise<PromptReader> {
  if (vocabulary === 'toyworld') return readToyPrompt;
  if (vocabulary === undefined) return verbatim;
  const names = await readAll(files, 'names.json', 'no such file: it names the emoji that the model knows');
  return emojiReader(parseNames(names, `${files.place}/names.json`));
}
