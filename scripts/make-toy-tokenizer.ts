/**
 * Writes the text encoder of the toy model, all but its weights: `tokenizer.json` and `config.json`.
 *
 *     npx tsx scripts/make-toy-tokenizer.ts [directory]
 *
 * The vocabulary has a piece for every word of the captions of the toy data set (a coloured shape that moves on a
 * plain background), for the duration prefix, and for every printable ASCII character, so that any English prompt
 * can be tokenized. Laid out like T5's: `<pad>`, `</s>`, `<unk>` are 0, 1, 2, words begin with U+2581.
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const colours = ['red', 'green', 'blue', 'yellow', 'magenta', 'cyan'];
const shapes = ['circle', 'square', 'triangle'];
const motions = ['moving', 'left', 'right', 'up', 'down', 'staying', 'still'];
const backgrounds = ['black', 'white', 'gray'];

const space = '\u2581';

/** Log probabilities that only need the right order: a whole word must beat its characters. */
const score = { word: -3, space: -5, digit: -6, character: -9 };

function vocabulary(words: readonly string[]): [string, number][] {
  const ascii = Array.from({ length: 0x7f - 0x21 }, (_, i) => String.fromCharCode(0x21 + i));
  return [
    ['<pad>', 0],
    ['</s>', 0],
    ['<unk>', 0],
    [space, score.space],
    ...words.map((word): [string, number] => [space + word, score.word]),
    [`${space}<<<t=`, score.word],
    ['s>>>', score.word],
    ...ascii.map((character): [string, number] => [character, /\d/.test(character) ? score.digit : score.character]),
  ];
}

export function toyTokenizer(): object {
  return wordTokenizer(['a', 'on', 'background', ...colours, ...shapes, ...motions, ...backgrounds]);
}

/** `tokenizer.json` with a piece for each of the words. */
export function wordTokenizer(words: readonly string[]) {
  const metaspace = { type: 'Metaspace', replacement: space, prepend_scheme: 'always', split: true };
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: ['<pad>', '</s>', '<unk>'].map((content, id) => ({ id, content, ...flags })),
    normalizer: null,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, metaspace] },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '</s>', type_id: 0 } }],
      pair: [
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '</s>', type_id: 0 } },
        { Sequence: { id: 'B', type_id: 0 } },
        { SpecialToken: { id: '</s>', type_id: 0 } },
      ],
      special_tokens: { '</s>': { id: '</s>', ids: [1], tokens: ['</s>'] } },
    },
    decoder: metaspace,
    model: { type: 'Unigram', unk_id: 2, vocab: vocabulary(words), byte_fallback: false },
  };
}

export function toyTextConfig(): object {
  return {
    architectures: ['T5EncoderModel'],
    model_type: 't5',
    vocab_size: 128, // rows of the embedding; a few more than pieces, as in the published models
    d_model: 32,
    d_kv: 16,
    d_ff: 64,
    num_layers: 2,
    num_heads: 2,
    feed_forward_proj: 'gated-gelu',
    relative_attention_num_buckets: 8,
    relative_attention_max_distance: 20,
    layer_norm_epsilon: 1e-6,
    pad_token_id: 0,
    eos_token_id: 1,
  };
}

/** JSON with one vocabulary entry a line. */
export function toJson(value: object): string {
  return `${JSON.stringify(value, null, 2).replace(/\[\n\s+("(?:[^"\\]|\\.)*"),\n\s+(-?\d+)\n\s+\]/g, '[$1, $2]')}\n`;
}

async function main(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'tokenizer.json'), toJson(toyTokenizer()));
  await writeFile(join(directory, 'config.json'), toJson(toyTextConfig()));
}

if (import.meta.url === pathToFileURL(resolve(process.argv[1] ?? '')).href) {
  await main(process.argv[2] ?? join(import.meta.dirname, '../fixtures/models/toy/text_encoder'));
}
