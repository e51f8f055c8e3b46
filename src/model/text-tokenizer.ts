/** The tokenizer of a text encoder: `tokenizer.json`, or else SentencePiece's own `spiece.model`, all that older folders have. */

import type { Tokenizer } from '../text/unigram/tokenizer.ts';
import { parseSpiece } from '../text/unigram/spiece.ts';
import { parseTokenizerJson } from '../text/unigram/tokenizer-json.ts';
import { FileError } from '../errors.ts';
import type { ModelFiles } from './files.ts';
import { readAll } from './files.ts';

/**
 * @param folder within the files, empty or with '/' at its end.
 * @throws FileError if there is neither file, or it is damaged.
 */
export async function readTextTokenizer(files: ModelFiles, folder: string): Promise<Tokenizer> {
  const [json, model] = [`${folder}tokenizer.json`, `${folder}spiece.model`];
  if (await files.has(json)) {
    return parseTokenizerJson(new TextDecoder().decode(await readAll(files, json, '')), `${files.place}/${json}`);
  }
  if (await files.has(model)) return parseSpiece(await readAll(files, model, ''), `${files.place}/${model}`);
  throw new FileError(`${files.place}/${json}`, 'no such file, and no spiece.model: prompts cannot be encoded without a tokenizer');
}
