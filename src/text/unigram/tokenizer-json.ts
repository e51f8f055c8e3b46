/**
 * Reads `tokenizer.json`, as far as T5's tokenizers use the format: Precompiled, Strip and Replace normalizers,
 * WhitespaceSplit and Metaspace, a Unigram model, a template with `</s>`. Anything else is refused by name.
 *
 * Source: Hugging Face tokenizers, the serialized forms of its components. Spec X1.
 */

import { ArgumentError, FileError, UnsupportedError } from '../../errors.ts';
import { Fields } from '../../io/fields.ts';
import { parseStrictJsonText } from '../../io/strict-json.ts';
import { Charsmap } from './charsmap.ts';
import type { Normalizer } from './normalizer.ts';
import { replaceRuns, strip } from './normalizer.ts';
import type { Metaspace, PreTokenizer } from './pre-tokenizer.ts';
import { metaspace, whitespaceSplit } from './pre-tokenizer.ts';
import type { SpecialToken } from './special-tokens.ts';
import { SpecialTokens } from './special-tokens.ts';
import { Tokenizer } from './tokenizer.ts';
import type { Token, VocabularyEntry } from './unigram.ts';
import { Unigram } from './unigram.ts';

/**
 * @param text the contents of the file.
 * @param file names it in errors.
 * @throws FileError if it is damaged, UnsupportedError if it holds a component that T5 does not use.
 */
export function parseTokenizerJson(text: string, file = 'tokenizer.json'): Tokenizer {
  try {
    return readTokenizer(new Fields(parseStrictJsonText(text, file), file), file);
  } catch (error) {
    if (error instanceof ArgumentError) throw new FileError(file, error.message, { cause: error });
    throw error;
  }
}

function readTokenizer(root: Fields, file: string): Tokenizer {
  const added = root.has('added_tokens') ? root.objects('added_tokens').map(readAddedToken) : [];
  const model = readModel(root.child('model'), file);
  const entries = model.vocabulary.length;
  for (const { id, content } of added) {
    if (!(id >= 0 && id < entries)) {
      throw new FileError(file, `added token '${content}' has id ${id}, the vocabulary ${entries} entries`);
    }
  }
  const decoder = root.child('decoder');
  return new Tokenizer({
    specials: new SpecialTokens(added),
    normalizers: readList(root, 'normalizer', 'normalizers').flatMap((fields) => readNormalizer(fields, file)),
    preTokenizers: readList(root, 'pre_tokenizer', 'pretokenizers').map(readPreTokenizer),
    model,
    ...readTemplate(root, entries),
    decoder: decoder.string('type') === 'Metaspace' ? readMetaspace(decoder) : unsupported(decoder),
  });
}

/** A component, or those of a Sequence; none where the file says null. */
function readList(root: Fields, key: string, inner: string): readonly Fields[] {
  if (!root.has(key)) return [];
  const component = root.child(key);
  return component.string('type') === 'Sequence' ? component.objects(inner) : [component];
}

function readAddedToken(fields: Fields): SpecialToken {
  if (fields.boolean('single_word') || fields.boolean('normalized')) {
    throw new UnsupportedError(`${fields.where}: single_word and normalized added tokens are not supported`);
  }
  return {
    id: fields.integer('id'),
    content: fields.string('content'),
    special: fields.boolean('special'),
    lstrip: fields.boolean('lstrip'),
    rstrip: fields.boolean('rstrip'),
  };
}

function readNormalizer(fields: Fields, file: string): Normalizer[] {
  switch (fields.string('type')) {
    case 'Precompiled': {
      const charsmap = new Charsmap(fromBase64(fields.string('precompiled_charsmap'), fields.where), file);
      return [(text) => charsmap.normalize(text)];
    }
    case 'Strip':
      return [strip(fields.boolean('strip_left'), fields.boolean('strip_right'))];
    case 'Replace': {
      // A free regular expression from a file could take unbounded time; T5's is ' {2,}'.
      const pattern = fields.child('pattern');
      const run = pattern.has('Regex') ? /^([^\\^$.|?*+()[\]{}])\{(\d{1,4}),\}$/u.exec(pattern.string('Regex')) : null;
      if (run === null) throw new UnsupportedError(`${pattern.where}: only runs of one character, like ' {2,}'`);
      return [replaceRuns(run[1], Number(run[2]), fields.string('content'))];
    }
    default:
      return unsupported(fields);
  }
}

function readPreTokenizer(fields: Fields): PreTokenizer {
  switch (fields.string('type')) {
    case 'WhitespaceSplit':
      return whitespaceSplit;
    case 'Metaspace':
      return metaspace(readMetaspace(fields));
    default:
      return unsupported(fields);
  }
}

/** Older files say `add_prefix_space`, newer ones `prepend_scheme` and `split`. */
function readMetaspace(fields: Fields): Metaspace {
  const replacement = fields.string('replacement');
  if ([...replacement].length !== 1) {
    throw new ArgumentError(`${fields.where}.replacement`, 'one character', replacement);
  }
  const prefix = !fields.has('add_prefix_space') || fields.boolean('add_prefix_space');
  const scheme = fields.has('prepend_scheme') ? fields.string('prepend_scheme') : prefix ? 'always' : 'never';
  if (scheme !== 'always' && scheme !== 'never') {
    throw new UnsupportedError(`${fields.where}.prepend_scheme: '${scheme}' is not supported`);
  }
  return { replacement, prepend: scheme === 'always', split: !fields.has('split') || fields.boolean('split') };
}

function readModel(fields: Fields, file: string): Unigram {
  if (fields.string('type') !== 'Unigram') unsupported(fields);
  if (fields.has('byte_fallback') && fields.boolean('byte_fallback')) {
    throw new UnsupportedError(`${fields.where}.byte_fallback: not supported`);
  }
  const list = fields.unknown('vocab');
  if (!Array.isArray(list)) throw new ArgumentError(`${fields.where}.vocab`, 'a list', list);
  const vocabulary = list.map((entry: unknown, id): VocabularyEntry => {
    const [text, score] = Array.isArray(entry) && entry.length === 2 ? (entry as unknown[]) : [];
    if (typeof text !== 'string' || typeof score !== 'number') {
      throw new ArgumentError(`${fields.where}.vocab[${id}]`, 'a text and its score', entry);
    }
    return { text, score };
  });
  return new Unigram(vocabulary, fields.integer('unk_id'), file);
}

/** The tokens before and after the text in the template of a single text. */
function readTemplate(root: Fields, entries: number): { opening: Token[]; closing: Token[] } {
  const opening: Token[] = [];
  const closing: Token[] = [];
  if (!root.has('post_processor')) return { opening, closing };
  const template = root.child('post_processor');
  if (template.string('type') !== 'TemplateProcessing') unsupported(template);
  let side = opening;
  for (const item of template.objects('single')) {
    if (item.has('Sequence')) {
      side = closing;
      continue;
    }
    const name = item.child('SpecialToken').string('id');
    const special = template.child('special_tokens').child(name);
    const texts = special.strings('tokens');
    special.counts('ids', 0, entries - 1, 64).forEach((id, i) => side.push({ id, text: texts[i] ?? name }));
  }
  return { opening, closing };
}

/** Through `atob`, which a browser has too. */
function fromBase64(text: string, where: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch (error) {
    throw new ArgumentError(`${where}.precompiled_charsmap`, 'base64', error);
  }
}

function unsupported(fields: Fields): never {
  throw new UnsupportedError(`${fields.where}: type '${fields.string('type')}' is not supported`);
}
