/** The prompts of a request as the model reads them (prompt/reader.ts): what one leaves out, the one before it says. */

import type { Model } from '../model/open.ts';
import type { PromptReading } from '../prompt/reader.ts';
import { notBlank } from '../text/prompt.ts';

/** @param seed of the request. @throws ArgumentError if a prompt is blank. */
export function readPrompts(model: Pick<Model, 'readPrompt'>, prompts: readonly string[], seed: number): PromptReading[] {
  const readings: PromptReading[] = [];
  for (const prompt of prompts) {
    const former = readings.at(-1)?.text;
    readings.push(model.readPrompt(notBlank(prompt), { seed, ...(former === undefined ? {} : { former }) }));
  }
  return readings;
}
