/** Files as the released ones are laid out, of any sizes, with random weights: for full-size.ts. */

import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostTensor, Shape } from '../src/array/host.ts';
import { hostTensor, sizeOf } from '../src/array/host.ts';
import { torchZipChunks } from '../src/checkpoint/write-torch-zip.ts';
import type { SourceTensor } from '../src/convert/collect.ts';
import { writeShards } from '../src/convert/export.ts';
import { writeFileAtomic } from '../src/io/atomic.ts';
import { shippedModel } from '../src/model/default.ts';
import type { ModelConfig } from '../src/model/directory.ts';
import { t5Shapes } from '../src/text/t5-shapes.ts';
import { tokenizerShapes } from '../src/tokenizer/shapes.ts';
import { transformerShapes } from '../src/transformer/shapes.ts';

/** Of google/flan-t5-xl; its tokenizer is the shipped model's, whose ids are fewer. */
const T5_XL = {
  model_type: 't5', vocab_size: 32128, d_model: 2048, d_kv: 64, d_ff: 5120, num_layers: 24, num_heads: 32,
  feed_forward_proj: 'gated-gelu', relative_attention_num_buckets: 32, relative_attention_max_distance: 128, layer_norm_epsilon: 1e-6,
} as const;

/** Writes them into a folder that is made. @returns what `convert` takes. */
export async function writeOfficial(folder: string, config: ModelConfig): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const t5 = { ...T5_XL, num_layers: Math.min(T5_XL.num_layers, config.transformer.depth) };
  const vae = [...tokenizerShapes(config.tokenizer)].map(([key, shape]) => {
    return { key, shape, values: async (): Promise<HostTensor> => hostTensor(randomWeight(key, shape), shape) };
  });
  const names = ['infinitystar_videovae.pth', 'infinitystar_8b_480p_weights', 'flan-t5-xl'];
  const [tokenizer, transformer, encoder] = names.map((name) => join(folder, name));
  await writeFileAtomic(tokenizer, torchZipChunks('vae', vae));
  await writeRandom(transformer, transformerShapes(config.transformer, config.quantizer));
  await writeRandom(encoder, t5Shapes(t5));
  await cp(join(shippedModel('toy'), 'text_encoder', 'tokenizer.json'), join(encoder, 'tokenizer.json'));
  await writeFile(join(encoder, 'config.json'), JSON.stringify(t5));
  return [tokenizer, transformer, encoder];
}

/** Random weights as bfloat16 in the shards that Hugging Face's files have. */
async function writeRandom(folder: string, shapes: ReadonlyMap<string, Shape>): Promise<void> {
  const tensors = [...shapes].map(([key, shape]): [string, SourceTensor] => {
    const bytes = async (): Promise<Uint8Array> => asBfloat(randomWeight(key, shape));
    return [key, { type: 'bfloat16', shape, parameter: true, file: 'random', bytes }];
  });
  await writeShards(folder, new Map(tensors), 8e9);
}

/** Norms are 1, everything else as PyTorch starts a layer. */
function randomWeight(key: string, shape: Shape): Float32Array {
  if (/(norm\.weight|norm_hidden_sates\.weight|gamma|scale_learnable_parameters)$/.test(key)) {
    return new Float32Array(sizeOf(shape)).fill(1);
  }
  return randomValues(sizeOf(shape), 1 / Math.sqrt(Math.max(sizeOf(shape.slice(1)), 1)));
}

/** Uniform in ±bound by a xorshift generator: quick, and good enough for weights. */
function randomValues(size: number, bound: number): Float32Array {
  const values = new Float32Array(size);
  let state = 0x9e3779b9 ^ size;
  for (let i = 0; i < size; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[i] = (state / 2 ** 31) * bound;
  }
  return values;
}

/** The upper half of each float32. */
function asBfloat(values: Float32Array): Uint8Array {
  const bits = new Uint32Array(values.buffer);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < halves.length; i++) halves[i] = bits[i] >>> 16;
  return new Uint8Array(halves.buffer);
}
