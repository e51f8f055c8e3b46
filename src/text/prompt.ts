/**
 * From what the user writes to what the text encoder gets: `<<<t=5s>>>` + rewritten text.
 *
 * Source: tools/infer_video_480p.py and tools/infer_interact_480p.py. Spec S12. The released models were trained
 * with the length of the video in seconds in front of every caption.
 */

import { ArgumentError } from '../errors.ts';

/** A change of the text: a suffix, a language model that adds detail. */
export type PromptHook = (prompt: string) => string | Promise<string>;

export interface PromptOptions {
  /** Length of the video in whole seconds, put in front; without it nothing is. */
  readonly seconds?: number;
  /** Applied in order, before the duration is put in front. */
  readonly hooks?: readonly PromptHook[];
}

/**
 * Puts `text` behind every prompt; the released text-to-video script's is
 * `, Close-up on big objects, emphasize scale and detail`.
 */
export function withSuffix(text: string): PromptHook {
  return (prompt) => prompt + text;
}

/** @throws ArgumentError if the prompt, or what a hook makes of it, is blank, or if the duration is not positive. */
export async function preparePrompt(prompt: string, { seconds, hooks = [] }: PromptOptions = {}): Promise<string> {
  let text = notBlank(prompt);
  for (const hook of hooks) text = notBlank(await hook(text));
  return seconds === undefined ? text : durationPrefix(seconds) + text;
}

/** @throws ArgumentError if `seconds` is not a positive integer. */
export function durationPrefix(seconds: number): string {
  if (!(Number.isSafeInteger(seconds) && seconds > 0)) {
    throw new ArgumentError('seconds', 'a positive whole number', seconds);
  }
  return `<<<t=${seconds}s>>>`;
}

/** @throws ArgumentError if it is no text, or nothing but space. */
export function notBlank(prompt: string): string {
  if (typeof prompt !== 'string') throw new ArgumentError('prompt', 'a text', prompt);
  if (!/\P{White_Space}/u.test(prompt)) throw new ArgumentError('prompt', 'a text that is not blank', prompt);
  return prompt;
}
