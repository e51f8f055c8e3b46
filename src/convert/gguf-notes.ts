/** The notes of our GGUF files: general ones under the format's names, the model's own under `infinitystar.`. */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NoteToWrite } from '../gguf/write.ts';
import type { ModelConfig } from '../model/directory.ts';
import { PRESETS } from '../model/presets.ts';
import type { T5Config } from '../text/t5-config.ts';

/** Of the official weights (the repository's LICENSE); what others' have is not known. */
const RELEASED_LICENCE = 'mit';

/** Of the transformer. The whole configuration is a note, so that the file says what it is without its neighbours. */
export function transformerNotes(config: ModelConfig, quantization: string): Map<string, NoteToWrite> {
  const { transformer: t } = config;
  return new Map<string, NoteToWrite>([
    ['general.architecture', 'infinitystar'],
    ['general.name', config.name],
    ...([...PRESETS.values()].some(({ name }) => name === config.name) ? [['general.license', RELEASED_LICENCE] as const] : []),
    ['infinitystar.block_count', t.depth],
    ['infinitystar.embedding_length', t.embed_dim],
    ['infinitystar.feed_forward_length', Math.round(t.embed_dim * t.mlp_ratio)],
    ['infinitystar.attention.head_count', t.num_heads],
    ['infinitystar.attention.head_count_kv', t.num_key_value_heads],
    ['infinitystar.text_length', t.text_channels],
    ['infinitystar.quantization', quantization],
    ['infinitystar.config', JSON.stringify(config)],
  ]);
}

/** Of the text encoder; `folder` holds its tokenizer. */
export async function textEncoderNotes(config: T5Config, folder: string): Promise<Map<string, NoteToWrite>> {
  const tokenizer = join(folder, 'tokenizer.json');
  return new Map<string, NoteToWrite>([
    ['general.architecture', 't5encoder'],
    ['t5encoder.block_count', config.num_layers],
    ['t5encoder.embedding_length', config.d_model],
    ['t5encoder.feed_forward_length', config.d_ff],
    ['t5encoder.attention.head_count', config.num_heads],
    ['t5encoder.attention.key_length', config.d_kv],
    ['t5encoder.attention.value_length', config.d_kv],
    ['t5encoder.attention.relative_buckets_count', config.relative_attention_num_buckets],
    ['t5encoder.attention.layer_norm_rms_epsilon', Float32Array.of(config.layer_norm_epsilon)[0]],
    ...(existsSync(tokenizer) ? [['tokenizer.huggingface.json', await readFile(tokenizer, 'utf8')] as const] : []),
  ]);
}
