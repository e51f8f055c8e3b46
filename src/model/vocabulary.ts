/** The words that a model with a vocabulary (parse-config.ts) knows, in lines for whoever writes prompts. */

import { parseNames } from '../emoji/names.ts';
import { BACKGROUND_NAMES, COLOUR_NAMES, MOTION_NAMES, SHAPES } from '../toyworld/attributes.ts';
import { readAll } from './files.ts';
import type { ModelFiles } from './files.ts';
import type { ModelConfig } from './parse-config.ts';

/** Names of emoji that are shown of all. */
const SHOWN = 250;

export const TOY_WORDS: readonly string[] = [
  `colours      ${COLOUR_NAMES.join(', ')}`,
  `shapes       ${SHAPES.join(', ')}`,
  `motions      ${MOTION_NAMES.join(', ')}`,
  `backgrounds  ${BACKGROUND_NAMES.join(', ')}`,
];

/** None for a model that takes any text. @throws FileError or ArgumentError if names.json is missing or wrong. */
export async function vocabularyLines({ vocabulary }: Pick<ModelConfig, 'vocabulary'>, files: ModelFiles): Promise<readonly string[]> {
  if (vocabulary === undefined) return [];
  if (vocabulary === 'toyworld') return TOY_WORDS;
  const names = parseNames(await readAll(files, 'names.json', 'no such file: it names the emoji that the model knows'), `${files.place}/names.json`);
  const step = Math.max(1, Math.floor(names.length / SHOWN));
  const shown = names.filter((_, i) => i % step === 0).slice(0, SHOWN).map(({ emoji, name }) => `${emoji} ${name}`);
  return [`${names.length} emoji by name or tag${shown.length < names.length ? ', among them' : ':'} ${shown.join(', ')}`];
}
