/** What to tell who wrote prompts: words that the model does not know, and what was chosen where they leave something open. */

import type { Model } from '../model/open.ts';
import { readPrompts } from './prompts.ts';

export interface WrittenPrompts {
  readonly prompts: readonly string[];
  readonly negativePrompt?: string;
  /** Of the request; 0 unless given. */
  readonly seed?: number;
}

/** One line for each prompt that needs one; a line comes once. */
export function promptNotices(model: Pick<Model, 'readPrompt'>, { prompts, negativePrompt, seed = 0 }: WrittenPrompts): readonly string[] {
  const readings = readPrompts(model, prompts, seed);
  if (negativePrompt !== undefined) readings.push(model.readPrompt(negativePrompt));
  return [...new Set(readings.flatMap(({ notice }) => notice ?? []))];
}
