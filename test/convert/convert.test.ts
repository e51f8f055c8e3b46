/** The way of weights: own model → official files → own model, with every tensor the same; and what goes wrong on it. */

import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostTensor, Shape } from '../../src/array/host.ts';
import { hostTensor, sizeOf } from '../../src/array/host.ts';
import { openCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { listCheckpoint } from '../../src/checkpoint/list.ts';
import { readFloat } from '../../src/checkpoint/stored-tensor.ts';
import { torchZipChunks } from '../../src/checkpoint/write-torch-zip.ts';
import { collectWeights } from '../../src/convert/collect.ts';
import { convert } from '../../src/convert/convert.ts';
import { exportOfficial, writeShards } from '../../src/convert/export.ts';
import { nearestKey } from '../../src/model/match-keys.ts';
import { canonicalKey, partOf } from '../../src/convert/official-keys.ts';
import { FileError } from '../../src/errors.ts';
import { writeFileAtomic } from '../../src/io/atomic.ts';
import { safetensorsChunks } from '../../src/io/write-safetensors.ts';
import type { ModelConfig } from '../../src/model/directory.ts';
import { parseModelConfig, readModelConfig } from '../../src/model/directory.ts';
import { initializeTokenizer, initializeTransformer } from '../../src/model/initialize.ts';
import { PRESETS } from '../../src/model/presets.ts';
import { tokenizerShapes } from '../../src/tokenizer/shapes.ts';
import { transformerShapes } from '../../src/transformer/shapes.ts';

const toy = join(import.meta.dirname, '../../fixtures/models/toy');
const golden = join(import.meta.dirname, '../../fixtures/golden/checkpoint');

let folder: string;
let tiny: ModelConfig;
let weights: Record<'tokenizer' | 'transformer', Map<string, HostTensor>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'convert-'));
  const base = await readModelConfig(toy);
  tiny = {
    ...base,
    tokenizer: { ...base.tokenizer, latent_channels: 4, block_out_channels: [4, 8, 8, 16, 16] },
    quantizer: { ...base.quantizer, semantic_scale_dim: 4, detail_scale_dim: 16 },
    transformer: {
      ...base.transformer, embed_dim: 16, depth: 4, block_chunks: 2, num_heads: 2, num_key_value_heads: 1, text_channels: 8,
    },
  };
  weights = {
    tokenizer: initializeTokenizer(tokenizerShapes(tiny.tokenizer), 1),
    transformer: initializeTransformer(transformerShapes(tiny.transformer, tiny.quantizer), 2),
  };
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Writes {name: weights} as torch.save would; with other keys, if wanted. */
async function torchFile(
  path: string,
  name: string,
  tensors: ReadonlyMap<string, HostTensor>,
  key = (k: string) => k,
): Promise<string> {
  const items = [...tensors].map(([k, value]) => ({ key: key(k), shape: value.shape, values: async () => value }));
  await writeFileAtomic(join(folder, path), torchZipChunks(name, items));
  return join(folder, path);
}

async function safetensorsFile(path: string, tensors: ReadonlyMap<string, HostTensor>, dtype: 'F32' | 'BF16' = 'F32'): Promise<string> {
  const items = [...tensors].map(([key, value]) => ({ key, shape: value.shape, dtype, values: () => value }));
  await writeFileAtomic(join(folder, path), safetensorsChunks(items));
  return join(folder, path);
}

/** vitest's own comparison takes seconds for a million elements. */
function sameBytes(a: Uint8Array | Float32Array, b: Uint8Array | Float32Array): boolean {
  const [x, y] = [a, b].map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  return x.equals(y);
}

async function contents(path: string): Promise<Map<string, { type: string; shape: Shape; bytes: Uint8Array }>> {
  const checkpoint = await openCheckpoint(path);
  const result = new Map<string, { type: string; shape: Shape; bytes: Uint8Array }>();
  for (const { path: key, tensor } of listCheckpoint(checkpoint.value).tensors) {
    result.set(key, { type: tensor.type, shape: tensor.shape, bytes: (await tensor.bytes()).slice() });
  }
  await checkpoint.close();
  return result;
}

const attempt = (inputs: string[], out: string, preset: ModelConfig): Promise<ModelConfig> => {
  return convert(inputs, join(folder, out), { preset });
};

describe('export and convert', () => {
  it('give back the same model', async () => {
    const [official, back] = [join(folder, 'official'), join(folder, 'back')];
    await exportOfficial(toy, official);
    const inputs = ['infinitystar_videovae.pth', 'toy_weights', 'text_encoder/flan-t5-xl-official'].map((name) => join(official, name));
    await convert(inputs, back, { preset: await readModelConfig(toy), type: 'F32' });
    for (const file of ['tokenizer', 'transformer', 'text_encoder/model']) {
      const [before, after] = [await widened(join(toy, `${file}.safetensors`)), await widened(join(back, `${file}.safetensors`))];
      expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
      for (const [key, { shape, values }] of before) {
        expect(after.get(key)!.shape, key).toEqual(shape);
        expect(sameBytes(after.get(key)!.values, values), key).toBe(true);
      }
    }
    expect(await readModelConfig(back)).toEqual(await readModelConfig(toy));
    for (const file of ['config.json', 'tokenizer.json']) {
      expect(await readFile(join(back, 'text_encoder', file))).toEqual(await readFile(join(toy, 'text_encoder', file)));
    }
  });

  async function widened(path: string): Promise<Map<string, { shape: Shape; values: Float32Array }>> {
    const collection = await collectWeights([path]);
    const result = new Map<string, { shape: Shape; values: Float32Array }>();
    for (const part of collection.parts.values()) {
      for (const [key, tensor] of part) result.set(key, { shape: tensor.shape, values: (await readFloat(tensor, key)).data });
    }
    await collection.close();
    return result;
  }
});

describe('convert', () => {
  it('reads every layout, and keys as training leaves them', async () => {
    const vae = await torchFile('vae.pth', 'vae', weights.tokenizer);
    const wrapped = await torchFile('fsdp.pth', 'model', weights.transformer, (key) => {
      return `module.${key.replace(/^(block_chunks\.\d+)\./, '$1._fsdp_wrapped_module.')}`;
    });
    const config = await attempt([vae, wrapped], 'wrapped', tiny);
    expect(config).toEqual(tiny);
    const got = await contents(join(folder, 'wrapped', 'transformer.safetensors'));
    expect([...got.keys()].sort()).toEqual([...weights.transformer.keys()].sort());
    for (const [key, value] of weights.transformer) expect(sameBytes(got.get(key)!.bytes, value.data), key).toBe(true);

    const trainer = await collectWeights([join(golden, 'torch-trainer/model.pt')]);
    expect([...trainer.parts.keys()]).toEqual(['transformer']);
    expect([...trainer.parts.get('transformer')!.keys()]).toContain('block_chunks.0.module.1.attn.proj.bias');
    await trainer.close();
  });

  it('reads shards, with and without an index', async () => {
    const vae = await torchFile('vae2.pth', 'vae', weights.tokenizer);
    const source = await collectWeights([await safetensorsFile('whole.safetensors', weights.transformer)]);
    const shards = join(folder, 'shards');
    await writeShards(shards, source.parts.get('transformer')!, 8_000);
    await source.close();
    expect((await readdir(shards)).length).toBeGreaterThan(3);
    await attempt([vae, shards], 'from-shards', tiny);

    const loose = join(folder, 'loose');
    await mkdir(loose);
    for (const name of await readdir(shards)) {
      if (name.endsWith('.safetensors')) await copyFile(join(shards, name), join(loose, name));
    }
    await attempt([vae, loose], 'from-loose', tiny);
    const [a, b] = [await contents(join(folder, 'from-shards/transformer.safetensors')), await contents(join(folder, 'from-loose/transformer.safetensors'))];
    expect(a).toEqual(b);
  });

  it('keeps the stored type or changes it', async () => {
    const vae = await torchFile('vae3.pth', 'vae', weights.tokenizer);
    const half = await safetensorsFile('half.safetensors', weights.transformer, 'BF16');
    await attempt([vae, half], 'kept', tiny);
    const kept = await contents(join(folder, 'kept/transformer.safetensors'));
    expect(kept).toEqual(await contents(half));
    expect(kept.get('word_embed.weight')!.type).toBe('bfloat16');
    await convert([vae, half], join(folder, 'f16'), { preset: tiny, type: 'F16' });
    expect((await contents(join(folder, 'f16/tokenizer.safetensors'))).get('proj_up.bias')!.type).toBe('float16');
  });

  it('takes sizes from the weights only when told to', async () => {
    const files = [await torchFile('vae4.pth', 'vae', weights.tokenizer), await safetensorsFile('other.safetensors', weights.transformer)];
    const preset = PRESETS.get('480p')!;
    await expect(attempt(files, 'refused', preset)).rejects.toThrow(/transformer\.depth 4 \(preset: 36\)/);
    expect(await readdir(folder)).not.toContain('refused');
    const notes: string[] = [];
    const config = await convert(files, join(folder, 'resized'), { preset, resize: true, note: (line) => notes.push(line) });
    expect(config.transformer).toEqual({ ...preset.transformer, ...tiny.transformer });
    expect(config.tokenizer).toEqual(tiny.tokenizer);
    expect(config.quantizer).toEqual({ ...preset.quantizer, semantic_scale_dim: 4, detail_scale_dim: 16 });
    expect(config.sampling).toEqual(preset.sampling);
    expect(notes.some((line) => line.includes('transformer.depth 4'))).toBe(true);
  });

  it('names what is missing, misspelt, extra or of another shape, and leaves nothing behind', async () => {
    const vae = await torchFile('vae5.pth', 'vae', weights.tokenizer);
    const changed = new Map(weights.transformer);
    changed.set('norm_hidden_states.weight', changed.get('norm_hidden_sates.weight')!);
    changed.delete('norm_hidden_sates.weight');
    changed.set('head.bias', hostTensor(new Float32Array(5), [5]));
    const error: unknown = await attempt([vae, await safetensorsFile('changed.safetensors', changed)], 'bad', tiny).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FileError);
    expect((error as Error).message).toBe(
      "transformer weights: 1 missing: 'norm_hidden_sates.weight' (the file has 'norm_hidden_states.weight'); " +
        "1 of another shape: 'head.bias' (expected [32], got [5])",
    );
    await expect(attempt([vae], 'bad', tiny)).rejects.toThrow('transformer weights: none');
    await expect(attempt([vae, vae], 'bad', tiny)).rejects.toThrow('has the weight');
    expect((await readdir(folder)).filter((name) => name.startsWith('bad') || name.endsWith('.tmp'))).toEqual([]);

    const extra = new Map([...weights.transformer, ['pos_start', hostTensor(new Float32Array(2), [2])] as const]);
    const notes: string[] = [];
    await convert([vae, await safetensorsFile('extra.safetensors', extra)], join(folder, 'extra'), {
      preset: tiny,
      note: (line) => notes.push(line),
    });
    expect(notes).toContain("transformer: 1 not used: 'pos_start'");
  });

  it('writes nothing when a tensor turns out to be unreadable', async () => {
    const vae = await torchFile('vae6.pth', 'vae', weights.tokenizer);
    const cut = await safetensorsFile('cut.safetensors', weights.transformer);
    await writeFile(cut, (await readFile(cut)).subarray(0, -7));
    await expect(attempt([vae, cut], 'cut', tiny)).rejects.toThrow(FileError);
    await expect(attempt([join(golden, 'torch-views/model.pt')], 'cut', tiny)).rejects.toThrow(FileError);
    expect(await readdir(folder)).not.toContain('cut');
  });
});

describe('what others leave in files', () => {
  const vae = (name: string) => torchFile(`${name}-vae.pth`, 'vae', weights.tokenizer);

  it.each(['module', 'model_ema', 'gpt_wo_ddp', 'state_dict'])('weights under %s are found, whatever stands before the keys', async (container) => {
    const file = await torchFile(`${container}.pth`, container, weights.transformer, (key) => `_orig_mod.module.model.${key}`);
    await attempt([await vae(container), file], `of-${container}`, tiny);
    const got = await contents(join(folder, `of-${container}`, 'transformer.safetensors'));
    for (const [key, value] of weights.transformer) expect(sameBytes(got.get(key)!.bytes, value.data), key).toBe(true);
  });

  it('values that do not fit float16 are reported and refused, or become infinite when that is asked for', async () => {
    const large = new Map([...weights.transformer, ['head.bias', hostTensor(new Float32Array(32).fill(-70000, 0, 3), [32])] as const]);
    const files = [await vae('large'), await safetensorsFile('large.safetensors', large)];
    await expect(convert(files, join(folder, 'large'), { preset: tiny, type: 'F16' })).rejects.toThrow(
      /large\.safetensors: head\.bias: 3 of its 32 values do not fit f16 \(largest 70000\.0\)/,
    );
    expect(await readdir(folder)).not.toContain('large');
    const notes: string[] = [];
    await convert(files, join(folder, 'allowed'), { preset: tiny, type: 'F16', allowOverflow: true, note: (line) => notes.push(line) });
    expect(notes.join('\n')).toMatch(/head\.bias: 3 of its 32 values .*: they become infinite/);
    await convert(files, join(folder, 'bf16'), { preset: tiny, type: 'BF16' });
    const just = new Map([...weights.transformer, ['head.bias', hostTensor(new Float32Array(32).fill(65519), [32])] as const]);
    await convert([files[0], await safetensorsFile('just.safetensors', just)], join(folder, 'just'), { preset: tiny, type: 'F16' });
  });

  it('a text encoder needs a tokenizer of either form, and may store its embeddings once, under either name', async () => {
    const transformer = await safetensorsFile('with-text.safetensors', weights.transformer);
    const encoder = join(folder, 'encoder');
    await cp(join(toy, 'text_encoder'), encoder, { recursive: true });
    const files = [await vae('text'), transformer, encoder];
    const source = await collectWeights([encoder]);
    const tied = new Map<string, HostTensor>();
    for (const [key, tensor] of source.parts.get('text_encoder')!) {
      tied.set(key.replace('shared.', 'encoder.embed_tokens.'), await readFloat(tensor, key));
    }
    await source.close();
    await safetensorsFile('encoder/model.safetensors', tied);
    await attempt(files, 'tied', tiny);
    expect([...(await contents(join(folder, 'tied/text_encoder/model.safetensors'))).keys()]).toContain('shared.weight');
    await rm(join(encoder, 'tokenizer.json'));
    await expect(attempt(files, 'no-tokenizer', tiny)).rejects.toThrow('prompts cannot be encoded without a tokenizer');
    await copyFile(join(golden, '../text/_models/nfkc.model'), join(encoder, 'spiece.model'));
    await expect(attempt(files, 'other-tokenizer', tiny)).rejects.toThrow(/vocab_size: expected at least the \d+ tokens/);
    expect((await readdir(folder)).filter((name) => name.endsWith('-tokenizer'))).toEqual([]);
  });
});

describe('keys', () => {
  it('lose what wrappers add', () => {
    expect(canonicalKey('module._orig_mod.blocks.0._checkpoint_wrapped_module.attn.q_proj.weight')).toBe('blocks.0.attn.q_proj.weight');
    for (const before of ['_orig_mod.module.', 'module._orig_mod.', 'model.', 'module.model.', '_fsdp_wrapped_module._orig_mod.module.']) {
      expect(canonicalKey(`${before}blocks.0.attn.q_proj.weight`)).toBe('blocks.0.attn.q_proj.weight');
    }
    expect(canonicalKey('block_chunks.3.module.5.mlp.up_proj.weight')).toBe('block_chunks.3.module.5.mlp.up_proj.weight');
    expect(canonicalKey('.cfg_uncond')).toBe('cfg_uncond');
    expect(canonicalKey('semantic_head.bias')).toBe('semantic_head2.bias');
    expect(canonicalKey('semantic_head2.bias')).toBe('semantic_head2.bias');
  });

  it('tell their part', () => {
    for (const key of tokenizerShapes(tiny.tokenizer).keys()) expect(partOf(key), key).toBe('tokenizer');
    for (const key of transformerShapes(tiny.transformer, tiny.quantizer).keys()) expect(partOf(key), key).toBe('transformer');
    for (const key of ['shared.weight', 'encoder.block.3.layer.0.SelfAttention.q.weight', 'encoder.final_layer_norm.weight']) {
      expect(partOf(key)).toBe('text_encoder');
    }
  });

  it('have a nearest one only if it is near', () => {
    expect(nearestKey('norm.weigth', ['norm.bias', 'norm.weight'])).toBe('norm.weight');
    expect(nearestKey('norm.weight', ['cfg_uncond'])).toBeUndefined();
  });
});

describe('the official loader\'s rules', () => {
  const converted = async (name: string, transformer: ReadonlyMap<string, HostTensor>, preset = tiny) => {
    const notes: string[] = [];
    const inputs = [await torchFile(`${name}.pth`, 'vae', weights.tokenizer), await safetensorsFile(`${name}.safetensors`, transformer)];
    const config = await convert(inputs, join(folder, name), { preset, resize: true, note: (line) => notes.push(line) });
    return { config, notes: notes.join('\n'), written: await contents(join(folder, name, 'transformer.safetensors')) };
  };

  it('fit the null text, fill in the start token, and name buffers', async () => {
    const rows = weights.transformer.get('cfg_uncond')!;
    const short = hostTensor(rows.data.slice(0, 100 * 8), [100, 8]);
    const buffers = ['lvl_1L', 'quantizer.lfq_detail.mask'].map((key) => [key, hostTensor(new Float32Array(4), [4])] as const);
    const own = new Map([...weights.transformer, ['cfg_uncond', short] as const, ...buffers]);
    own.delete('sos_token');
    const { notes, written } = await converted('rules', own);
    expect(notes).toContain('cfg_uncond has 100 rows, filled up with drawn rows to 512');
    expect(notes).toContain('no sos_token');
    expect(notes).toContain("1 buffers, which hold no weights: lvl_1L");
    expect(notes).toContain("tokenizer: 1 buffers, which hold no weights: quantizer.lfq_detail.mask");
    expect(notes).not.toContain('not used');
    const nullText = new Float32Array(written.get('cfg_uncond')!.bytes.buffer, 0, 512 * 8);
    expect(nullText.slice(0, 800)).toEqual(short.data);
    expect(nullText.slice(800).every((x) => x !== 0)).toBe(true);
    expect(written.get('sos_token')!.bytes.every((x) => x === 0)).toBe(true);
  });

  it('take detail vocabularies of another width than the latent', async () => {
    const quantizer = { ...tiny.quantizer, detail_scale_dim: 24 };
    const wide = { ...tiny, quantizer, transformer: { ...tiny.transformer, codebook_dim: 16 } };
    const own = initializeTransformer(transformerShapes(wide.transformer, wide.quantizer), 5);
    expect(own.get('word_embed.weight')!.shape).toEqual([16, 16]);
    expect(own.get('head.weight')!.shape).toEqual([48, 16]);
    const { config } = await converted('wide', own);
    expect(config.quantizer.detail_scale_dim).toBe(24);
    expect(config.transformer.codebook_dim).toBe(16);
  });

  it('know the picture models of Infinity when they see them', async () => {
    const others = [...weights.transformer].filter(([key]) => !key.includes('.attn.'));
    const own = new Map([...others, ['blocks.0.sa.mat_qkv.weight', hostTensor(new Float32Array(4), [2, 2])] as const]);
    await expect(converted('pictures', own)).rejects.toThrow(/Infinity, for pictures/);
  });
});

describe('presets', () => {
  it.each([...PRESETS])('%s is a complete configuration', (_name, config) => {
    expect(parseModelConfig(JSON.parse(JSON.stringify(config)), 'preset')).toEqual(config);
    const { sampling, schedule } = config;
    const scales = { '0.40M': 14, '0.90M': 15 }[schedule.pn!];
    expect(sampling.image_scale_repetition).toHaveLength(scales!);
    expect(sampling.video_scale_repetition).toHaveLength(scales!);
    const shapes = [...transformerShapes(config.transformer, config.quantizer).values()];
    const count = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
    expect(count / 1e9).toBeCloseTo(8.8, 0);
  });
});
