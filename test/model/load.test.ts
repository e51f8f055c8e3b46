/** Model directories: what is wrong with them is said, weights beyond the budget are read when needed. */

import { cp, mkdir, mkdtemp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import { makeBackend } from '../../src/backends.ts';
import { shippedModel } from '../../src/model/default.ts';
import { writeFileAtomic } from '../../src/io/atomic.ts';
import { openSafetensorsPath } from '../../src/io/sharded-safetensors.ts';
import { safetensorsChunks } from '../../src/io/write-safetensors.ts';
import { folderFiles } from '../../src/model/folder.ts';
import { loadModel } from '../../src/model/load.ts';
import type { Model } from '../../src/model/load.ts';
import { readTextTokenizer } from '../../src/model/text-tokenizer.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';
import { reconstructVideo } from '../../src/pipeline/reconstruct.ts';
import { parseTokenizerJson } from '../../src/text/unigram/tokenizer-json.ts';

const backend = makeBackend();
let folder = '';

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'infinitystar-')), 'model');
  await cp(shippedModel('toy'), folder, { recursive: true });
});
afterEach(async () => {
  await rm(join(folder, '..'), { recursive: true });
});

async function edit(change: (config: Record<string, Record<string, unknown>>) => void): Promise<void> {
  const file = join(folder, 'config.json');
  const config = JSON.parse(await readFile(file, 'utf8')) as Record<string, Record<string, unknown>>;
  change(config);
  await writeFile(file, JSON.stringify(config));
}

/** Of float16 the last number. */
async function lastBytes(file: string, ...bytes: number[]): Promise<void> {
  const content = await readFile(file);
  content.set(bytes, content.length - bytes.length);
  await writeFile(file, content);
}

describe('loadModel', () => {
  it('gives the same picture whatever part of the weights is resident', async () => {
    const pictures = [];
    for (const weightBudget of [Infinity, 3_000_000, 0]) {
      const model = await loadModel(folder, await backend, { weightBudget });
      pictures.push((await generateVideo(model, { prompt: 'a red circle', frames: 1, seed: 5 })).frames.data);
      await model.close();
    }
    expect(pictures[1]).toEqual(pictures[0]);
    expect(pictures[2]).toEqual(pictures[0]);
  });

  it('opens the tokenizer alone where no transformer is needed, and then is missing none', async () => {
    const video = hostTensor(Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * i) % 251), [1, 64, 64, 3]);
    const psnrOf = async (model: Model): Promise<number> => {
      for await (const { psnr } of reconstructVideo(model, { video: { frames: video, fps: null } })) return psnr;
      throw new Error('nothing came');
    };
    const whole = await psnrOf(await loadModel(folder, await backend));
    await rm(join(folder, 'transformer.safetensors'));
    const half = await loadModel(folder, await backend, { tokenizerOnly: true });
    expect(await psnrOf(half)).toBe(whole);
    await expect(generateVideo(half, { prompt: 'a red circle', frames: 1 })).rejects.toThrow(/^weight '.*': missing/);
    await expect(loadModel(folder, await backend)).rejects.toThrow(/transformer\.safetensors: /);
  });

  it.each([
    ['a config that is no JSON', () => writeFile(join(folder, 'config.json'), '{'), /config\.json: is damaged: its JSON cannot be read/],
    ['a field of the wrong type', () => edit((c) => { c['transformer'] = { ...c['transformer'], depth: '6' }; }),
      /config\.json\.transformer\.depth: expected an integer from 1 to 1024, got '6'/],
    ['both ways of guidance', () => edit((c) => { c['sampling'] = { ...c['sampling'], use_apg: 1 }; }), /use_cfg, use_apg: expected exactly one/],
    ['a width that the weights do not have', () => edit((c) => { c['transformer'] = { ...c['transformer'], embed_dim: 64 }; }),
      /63 of another shape: 'sos_token' \(expected \[1, 1, 64\], got \[1, 1, 128\]\)/],
    ['one block too many', () => edit((c) => { c['transformer'] = { ...c['transformer'], depth: 6 }; }), /11 missing: 'blocks\.5\.attn\.q_proj\.weight', .*'blocks\.5\.post_attention_layernorm\.weight'$/],
    ['one block too few', () => edit((c) => { c['transformer'] = { ...c['transformer'], depth: 4 }; }),
      /11 not used: 'blocks\.4\.attn\.q_proj\.weight'.*'blocks\.4\.post_attention_layernorm\.weight'/],
    ['no block', () => edit((c) => { c['transformer'] = { ...c['transformer'], depth: 0 }; }), /depth: expected an integer from 1 to 1024, got 0/],
    ['a billion blocks', () => edit((c) => { c['transformer'] = { ...c['transformer'], depth: 1e9 }; }), /depth: expected an integer from 1 to 1024/],
    ['a weight that is no number', () => lastBytes(join(folder, 'transformer.safetensors'), 0x00, 0x7e), /1 of its values are infinite or not a number/],
    ['an infinite weight', () => lastBytes(join(folder, 'tokenizer.safetensors'), 0x00, 0xfc), /1 of its values are infinite or not a number/],
    ['a missing file', () => rm(join(folder, 'tokenizer.safetensors')), /tokenizer\.safetensors: does not exist/],
    ['a truncated file', () => truncate(join(folder, 'transformer.safetensors'), 1000), /transformer\.safetensors: /],
  ])('refuses %s', async (_what, damage, message) => {
    await damage();
    await expect(loadModel(folder, await backend)).rejects.toThrow(message);
  });

  it('takes the files that a model lacks from the one that it shares them with', async () => {
    const [whole, tuned] = [folder, join(folder, '../tuned')];
    await mkdir(tuned);
    for (const name of ['config.json', 'transformer.safetensors']) await rename(join(whole, name), join(tuned, name));
    const config = JSON.parse(await readFile(join(tuned, 'config.json'), 'utf8')) as object;
    const share = (shares: string): Promise<void> => writeFile(join(tuned, 'config.json'), JSON.stringify({ ...config, shares }));
    await share('model');
    const model = await loadModel(tuned, await backend);
    expect((await model.encodePrompt('a red circle')).shape[1]).toBe(32);
    await share('other');
    await expect(loadModel(tuned, await backend)).rejects.toThrow(/tokenizer\.safetensors: does not exist/);
    await share('../model');
    await expect(loadModel(tuned, await backend)).rejects.toThrow(/config\.json\.shares: expected the name of a folder/);
  });

  it('reads an encoder whose embeddings are stored under the input\'s name alone', async () => {
    const path = join(folder, 'text_encoder/model.safetensors');
    const encode = async (): Promise<Float32Array> => {
      const model = await loadModel(folder, await backend);
      return (await model.encodePrompt('a red circle')).data;
    };
    const before = await encode();
    const file = await openSafetensorsPath(path);
    const items = await Promise.all([...file.shapes].map(async ([key, shape]) => {
      const value = await file.tensor(key);
      return { key: key === 'shared.weight' ? 'encoder.embed_tokens.weight' : key, shape, dtype: 'F32' as const, values: () => value };
    }));
    await file.close();
    await writeFileAtomic(path, safetensorsChunks(items));
    expect(await encode()).toEqual(before);
  });

  it('tokenizes by spiece.model where there is no tokenizer.json', async () => {
    const encoder = join(folder, 'text_encoder');
    const model = 'fixtures/golden/text/_models/nfkc.model';
    await rm(join(encoder, 'tokenizer.json'));
    await expect(readTextTokenizer(folderFiles(folder), 'text_encoder/')).rejects.toThrow('no such file, and no spiece.model');
    await cp(model, join(encoder, 'spiece.model'));
    const tokenizer = await readTextTokenizer(folderFiles(folder), 'text_encoder/');
    const wanted = parseTokenizerJson(await readFile('fixtures/golden/text/_models/nfkc.split.tokenizer.json', 'utf8'));
    for (const text of ['a red circle', 'ﬁne ½ text']) expect(tokenizer.encode(text).ids).toEqual(wanted.encode(text).ids);
  });

  it('says that the text encoder is missing', async () => {
    await rm(join(folder, 'text_encoder'), { recursive: true });
    const model = await loadModel(folder, await backend);
    await expect(model.encodePrompt('x')).rejects.toThrow(/text_encoder.*no such file/);
  });
});
