/**
 * The features of a prompt: one row of the T5 encoder's output for every token, `</s>` included, no padding.
 *
 * The official pipeline pads to 512 tokens, masks the padding and drops its rows; the rows that stay are the same
 * without it, so we do not pad.
 *
 * Source: tools/run_infinity.py:encode_prompt. Spec X1, X2.
 */

import { hostTensor } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import type { WeightStore } from '../backend/weights.ts';
import { checkShapes } from '../backend/weights.ts';
import { ArgumentError } from '../errors.ts';
import type { T5Config } from './t5-config.ts';
import { t5Encode } from './t5-encoder.ts';
import { t5Shapes } from './t5-shapes.ts';
import type { Tokenizer } from './unigram/tokenizer.ts';

/** The released pipeline's limit on the tokens of a prompt, `</s>` included. */
export const maxPromptTokens = 512;

export interface PromptTokens {
  /** (L), L at most {@link maxPromptTokens}. */
  readonly ids: Int32Array;
  /** Their texts. */
  readonly pieces: readonly string[];
  /** Tokens at the end of the prompt that were cut off. */
  readonly truncated: number;
}

/**
 * The tokens of a prompt; one that is too long loses its end, as in the official pipeline.
 * @throws ArgumentError if the prompt is blank.
 */
export function tokenizePrompt(tokenizer: Tokenizer, prompt: string): PromptTokens {
  if (!/\P{White_Space}/u.test(prompt)) throw new ArgumentError('prompt', 'a text that is not blank', prompt);
  const { ids, tokens, truncated } = tokenizer.encode(prompt, maxPromptTokens);
  return { ids, pieces: tokens, truncated };
}

/**
 * Checks that the parts of a text encoder belong together.
 * @throws ArgumentError if the embedding has too few rows for the tokenizer, WeightError if a weight does not fit.
 */
export function checkTextEncoder(tokenizer: Tokenizer, config: T5Config, weights: WeightStore): void {
  checkVocabulary(tokenizer, config);
  checkShapes(weights, t5Shapes(config));
}

/** @throws ArgumentError if the embedding has too few rows for the tokenizer. */
export function checkVocabulary(tokenizer: Tokenizer, config: T5Config): void {
  const needed = tokenizer.vocabularySize;
  if (needed > config.vocab_size) {
    throw new ArgumentError('vocab_size', `at least the ${needed} tokens of the tokenizer`, config.vocab_size);
  }
}

/** ids (L) → features (L, d_model), which go to the transformer. */
export async function promptFeatures(
  b: Backend,
  config: T5Config,
  weights: WeightStore,
  ids: Int32Array,
): Promise<Tensor> {
  return b.scope('text_encoder', async (b) => {
    const hidden = await t5Encode(b, config, weights, hostTensor(ids, [1, ids.length])); // (1, L, d_model)
    return b.reshape(hidden, [ids.length, config.d_model]); // (L, d_model)
  });
}
