/**
 * What a prompt says to a model that knows few words. Such a model's config.json names its `vocabulary`; the text encoder then
 * gets what a reader makes of the prompt, and who wrote it a notice of what was not understood or was chosen for them. Models
 * without a vocabulary, the released ones among them, get prompts as they are.
 */

export interface PromptReading {
  /** For the text encoder. */
  readonly text: string;
  /** One line for who wrote the prompt. */
  readonly notice?: string;
}

export interface ReadingOptions {
  /** Chooses what the prompt leaves open; unless given it stays open. */
  readonly seed?: number;
  /** What the reader made of the prompt before in a story: what is left out stays as it was. */
  readonly former?: string;
}

export type PromptReader = (prompt: string, options?: ReadingOptions) => PromptReading;

export const verbatim: PromptReader = (prompt) => ({ text: prompt });

/** How many words a notice quotes, and of each so many characters: prompts come from anywhere. */
const MOST_QUOTED = 6;
const LONGEST_QUOTED = 24;

export function quoted(words: readonly string[]): string {
  const short = (word: string): string => ([...word].length > LONGEST_QUOTED ? `${[...word].slice(0, LONGEST_QUOTED).join('')}…` : word);
  return `${words.slice(0, MOST_QUOTED).map((word) => `'${short(word)}'`).join(', ')}${words.length > MOST_QUOTED ? ', …' : ''}`;
}
