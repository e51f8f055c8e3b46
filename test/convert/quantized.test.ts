/** Models with quantized weights: what stays and what becomes blocks, and that every backend computes with the same values. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlockType } from '../../src/array/block-matrix.ts';
import { BLOCK_TYPES, fitsBlocks, quantizeBlocks } from '../../src/array/block-matrix.ts';
import type { StoredValues } from '../../src/array/stored.ts';
import { wasmBackend } from '../../backends/wasm/index.ts';
import { makeBackend } from '../../src/backends.ts';
import { convert } from '../../src/convert/convert.ts';
import { blockTypeOf } from '../../src/convert/stored-types.ts';
import { openGguf } from '../../src/gguf/read.ts';
import { ggufChunks } from '../../src/gguf/write.ts';
import { writeFileAtomic } from '../../src/io/atomic.ts';
import { fileSource } from '../../src/io/files.ts';
import { openSafetensors } from '../../src/io/safetensors.ts';
import { readModelConfig } from '../../src/model/directory.ts';
import { folderFiles } from '../../src/model/folder.ts';
import { loadModel } from '../../src/model/load.ts';
import { checkModelFiles } from '../../src/model/open.ts';
import { weightRoom } from '../../src/model/weight-levels.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';

const toy = join(import.meta.dirname, '../../fixtures/models/toy');
const inputs = ['tokenizer.safetensors', 'transformer.safetensors', 'text_encoder'].map((name) => join(toy, name));
const prompt = 'a red circle staying still on a white background';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quantized-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** All matrices that can be in blocks: the rule spares small ones, and the shipped model has no others. */
async function inBlocks(from: string, to: string, type: BlockType): Promise<void> {
  const file = await openSafetensors(await fileSource(from));
  const tensors = [...file.shapes].map(([key, shape]) => {
    const blocks = fitsBlocks(type, shape);
    const values = async (): Promise<StoredValues> => (blocks ? quantizeBlocks(type, await file.tensor(key)) : file.tensor(key));
    return { key, shape, type: blocks ? type : 'f32', values } as const;
  });
  await writeFileAtomic(to, ggufChunks(tensors, new Map()));
  await file.close();
}

describe.each(BLOCK_TYPES)('a model of %s', (type) => {
  it('gives the same picture on the readable and the fast backend, resident or streamed', async () => {
    const out = join(folder, type);
    const lines: string[] = [];
    await convert(inputs, out, { preset: await readModelConfig(toy), type, note: (line) => lines.push(line) });
    expect(lines.join('\n')).toMatch(/transformer: 37 matrices \(37 in q8_0\): error 0\.\d\d %, at most 0\.\d\d % \('blocks/);
    if (type !== 'q8_0') await inBlocks(join(toy, 'transformer.safetensors'), join(out, 'transformer.gguf'), type);
    const pictures: Uint8Array[] = [];
    const { weights } = await checkModelFiles(folderFiles(out), weightRoom(Infinity));
    const b = await wasmBackend({ threads: 1 });
    const resident = await loadModel(out, b, { weightBudget: Infinity });
    expect(Math.abs(weights.backend / b.memory.used - 1)).toBeLessThan(0.05); // what `info` says of the weights
    await resident.close();
    await b.close();
    for (const [name, weightBudget] of [['reference', Infinity], ['wasm', Infinity], ['wasm', 0]] as const) {
      const model = await loadModel(out, await makeBackend(name), { weightBudget });
      pictures.push((await generateVideo(model, { prompt, frames: 1, seed: 3 })).frames.data);
      await model.close();
    }
    const apart = (a: Uint8Array, b: Uint8Array): number => {
      return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
    };
    expect(apart(pictures[1], pictures[0])).toBeLessThanOrEqual(1);
    expect(apart(pictures[2], pictures[1])).toBe(0);
    const file = await openGguf(await fileSource(join(out, 'transformer.gguf')));
    if (type === 'q8_0') expect(file.metadata.get('infinitystar.block_count')).toBe(5);
    expect(file.entries.get('blocks.0.mlp.down_proj.weight')?.type).toBe(type);
    expect(file.entries.get('blocks.0.input_layernorm.weight')?.type).toBe(type === 'q8_0' ? 'f16' : 'f32');
    await file.close();
  });
});

describe('the rule', () => {
  it.each([
    ['transformer', 'blocks.3.attn.q_proj.weight', [1024, 1056], 'q4_k', 'q4_0'],
    ['transformer', 'blocks.3.attn.q_proj.weight', [128, 128], 'q4_0', 'q8_0'],
    ['transformer', 'block_chunks.0.module.5.mlp.up_proj.weight', [16384, 4096], 'q4_k', 'q4_k'],
    ['transformer', 'blocks.3.attn.q_proj.weight', [128, 48], 'q8_0', undefined],
    ['transformer', 'blocks.3.attn.q_proj.bias', [128], 'q8_0', undefined],
    ['transformer', 'text_proj.weight', [4096, 2048], 'q8_0', undefined],
    ['transformer', 'head.weight', [128, 4096], 'q4_0', 'q8_0'],
    ['tokenizer', 'encoder.conv_in.weight', [64, 64], 'q8_0', undefined],
    ['text_encoder', 'shared.weight', [32128, 2048], 'q4_0', 'q4_0'],
    ['text_encoder', 'encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight', [32, 32], 'q8_0', undefined],
  ] as const)('%s %s %j as %s: %s', (part, key, shape, wanted, expected) => {
    expect(blockTypeOf(part, key, shape, wanted)).toBe(expected);
  });
});

it('a folder with the same part twice is refused', async () => {
  const out = join(folder, 'twice');
  await convert(inputs, out, { preset: await readModelConfig(toy), type: 'q8_0' });
  await writeFile(join(out, 'transformer.safetensors'), '');
  await expect(loadModel(out, await makeBackend())).rejects.toThrow(/transformer\.gguf: has transformer\.safetensors beside it/);
});
