/** What to tell who wrote a prompt: words that a model with a small vocabulary has never seen. */

import type { ModelConfig } from '../model/parse-config.ts';
import { wordNotice } from '../toyworld/attributes.ts';

/** One line, for all prompts of a request; undefined if the model knows all words, or any word may be known. */
export function promptNotice({ vocabulary }: Pick<ModelConfig, 'vocabulary'>, prompts: readonly string[]): string | undefined {
  return vocabulary === 'toyworld' ? wordNotice(prompts.join(' ')) : undefined;
}
