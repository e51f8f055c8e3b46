/**
 * Writes what a model of emoji knows of words: names.json, and a text encoder with a piece for every word of the names and tags
 * and random weights that are never trained.
 *
 *     npx tsx scripts/make-emoji-text.ts <folder of data:emoji> <model folder> [--items <folder>]
 *
 * The items are those of the folder's emoji.jsonl that are not held out; or of another folder's (choose-emoji.ts), with the same
 * text encoder, so that a transformer that has learned some can go on with more.
 */

import './errors-in-a-line.ts';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { parseNames } from '../src/emoji/names.ts';
import type { NamedEmoji } from '../src/emoji/names.ts';
import { writeFileAtomic } from '../src/io/atomic.ts';
import { Fields } from '../src/io/fields.ts';
import { readWhole } from '../src/io/files.ts';
import { initializeTextEncoder } from '../src/model/initialize.ts';
import { wordsOf } from '../src/prompt/words.ts';
import { safetensorsChunks } from '../src/io/write-safetensors.ts';
import { readT5Config } from '../src/text/t5-config.ts';
import { t5Shapes } from '../src/text/t5-shapes.ts';
import { toJson, wordTokenizer } from './make-toy-tokenizer.ts';

const SEED = 4;

const program = new Command('make-emoji-text').argument('<data>').argument('<model>').option('--items <folder>', 'whose items are known');
program.parse();
const [data, model] = program.processedArgs as [string, string];

const items = await readItems(data);
const { items: chosen } = program.opts<{ items?: string }>();
const known = chosen === undefined ? items : await readItems(chosen);
const words = [...new Set(items.flatMap(({ name, tags }) => [name, ...tags].flatMap(wordsOf)))].sort();
const tokenizer = wordTokenizer(words);
const config = {
  architectures: ['T5EncoderModel'],
  model_type: 't5',
  vocab_size: Math.ceil(tokenizer.model.vocab.length / 64) * 64,
  d_model: 128,
  d_kv: 32,
  d_ff: 128,
  num_layers: 2,
  num_heads: 2,
  feed_forward_proj: 'gated-gelu',
  relative_attention_num_buckets: 8,
  relative_attention_max_distance: 20,
  layer_norm_epsilon: 1e-6,
  pad_token_id: 0,
  eos_token_id: 1,
};
const encoder = join(model, 'text_encoder');
await mkdir(encoder, { recursive: true });
await write(join(model, 'names.json'), `{"items": [\n${known.map((item) => JSON.stringify(item)).join(',\n')}\n]}\n`);
await write(join(encoder, 'tokenizer.json'), toJson(tokenizer));
await write(join(encoder, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
const weights = initializeTextEncoder(t5Shapes(readT5Config(new Fields(config, 'config.json'))), SEED);
const tensors = [...weights].map(([key, value]) => ({ key, shape: value.shape, dtype: 'F16' as const, values: () => value }));
await writeFileAtomic(join(encoder, 'model.safetensors'), safetensorsChunks(tensors));
process.stdout.write(`${model}: ${known.length} items, ${words.length} words\n`);

async function readItems(folder: string): Promise<readonly NamedEmoji[]> {
  const path = join(folder, 'emoji.jsonl');
  const lines = new TextDecoder().decode(await readWhole(path)).trim().split('\n').map((line, i) => new Fields(JSON.parse(line), `${path}:${i + 1}`));
  const trained = lines.filter((line) => !line.has('held_out'));
  const named = trained.map((line) => ({ emoji: line.string('emoji'), name: line.string('caption'), tags: line.strings('tags') }));
  return parseNames(Buffer.from(JSON.stringify({ items: named })), 'names.json'); // as they will be read
}

function write(path: string, text: string): Promise<void> {
  return writeFileAtomic(path, Buffer.from(text));
}
