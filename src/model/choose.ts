/**
 * Which of the models that ship for pictures and videos a prompt is for, where none is named:
 *
 *     emoji   if it knows a word, or an emoji, of the prompt that the toy world does not
 *     toy     else, if that knows a word of it: "a red circle moving left"
 *     emoji   else; its notice says what it does not know
 *
 * Of several prompts, all must be for `toy`.
 */

import { parseNames } from '../emoji/names.ts';
import { emojiWords } from '../emoji/read-prompt.ts';
import { FileError } from '../errors.ts';
import { hasEmoji, wordsOf } from '../prompt/words.ts';
import { notBlank } from '../text/prompt.ts';
import { toyWord } from '../toyworld/read-prompt.ts';
import { shippedModel } from './default.ts';
import { readAll } from './files.ts';
import { folderFiles } from './folder.ts';

/** A directory. @throws ArgumentError if a prompt is blank, FileError if it is for `emoji`, which is not installed. */
export async function chooseShipped(prompts: readonly string[]): Promise<string> {
  return prompts.map(notBlank).every(isForToys(await wordsOfEmoji())) ? shippedModel('toy') : shippedModel('emoji');
}

/** None where the model is not installed. */
async function wordsOfEmoji(): Promise<(word: string) => boolean> {
  let place: string;
  try {
    place = shippedModel('emoji');
  } catch (error) {
    if (error instanceof FileError) return () => false;
    throw error;
  }
  return emojiWords(parseNames(await readAll(folderFiles(place), 'names.json', 'no such file'), `${place}/names.json`));
}

/** @param knows whether a word tells an emoji. */
export function isForToys(knows: (word: string) => boolean): (prompt: string) => boolean {
  return (prompt) => {
    if (hasEmoji(prompt)) return false;
    const words = wordsOf(prompt);
    return words.some((word) => toyWord(word) === 'telling') && !words.some((word) => toyWord(word) === 'unknown' && knows(word));
  };
}
