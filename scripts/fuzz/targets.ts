/**
 * What is fuzzed: for every kind of file a maker of wrong ones, and the public entry that reads it. A reader answers
 * with a digest of what it read: the same file must give the same answer every time.
 */

import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rowMajor } from '../../src/array/host.ts';
import { fixture, gguf, npy, npz, safetensors, torchLegacy, torchZip } from './archives.ts';
import { mutateBytes, mutateJson } from './mutate.ts';
import { gif, jpeg, png, pngOfAnySize, webp } from './pictures.ts';
import type { Random } from './random.ts';

export interface Target {
  /** The name that the file gets. */
  readonly file: string;
  /** How often it is chosen. */
  readonly weight: number;
  make(random: Random): Uint8Array | Promise<Uint8Array>;
  /** @param folder of the kind's own, where the file lies. */
  read(path: string, folder: string): Promise<unknown>;
}

const models = join(import.meta.dirname, '../../fixtures/models');
const text = (value: string) => new TextEncoder().encode(value);
const json = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes)) as unknown;
const digest = (...parts: Uint8Array[]) => createHash('sha1').update(Buffer.concat(parts)).digest('hex');
const bytesIn = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => new Uint8Array(buffer, byteOffset, byteLength);

/** Something that is made once, when it is first needed: seeds, and what a reader imports. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

async function readMedia(path: string): Promise<unknown> {
  const { readMedia: read } = await import('../../src/io/read-media.ts');
  const { frames, fps } = await read(path);
  return [frames.shape, fps, digest(rowMajor(frames))];
}

function media(file: string, weight: number, make: Target['make']): Target {
  return { file, weight, make, read: readMedia };
}

function jsonFile(file: string, weight: number, seed: () => unknown, read: Target['read']): Target {
  const value = once(seed);
  return { file, weight, make: (random) => text(mutateJson(value(), random)), read };
}

async function checkpoint(path: string): Promise<unknown> {
  const { openCheckpoint } = await import('../../src/checkpoint/checkpoint.ts');
  const { listCheckpoint } = await import('../../src/checkpoint/list.ts');
  const file = await openCheckpoint(path);
  try {
    const { tensors, ...rest } = listCheckpoint(file.value);
    const shapes = tensors.map(({ path: key, tensor }) => [key, tensor.type, tensor.shape]);
    for (const { tensor } of tensors.slice(0, 20)) await tensor.bytes();
    return [shapes, Object.keys(rest)];
  } finally {
    await file.close();
  }
}

async function conformCase(path: string): Promise<unknown> {
  const { loadCase } = await import('../../src/conform/load.ts');
  const c = loadCase(join(path, '..'));
  return [c.kind, c.outputs.map(({ name }) => [name, c.expected(name).shape])];
}

/** `info` on a copy of the shipped model with another configuration. */
async function modelConfig(path: string, folder: string): Promise<unknown> {
  const { readModelConfig } = await import('../../src/model/directory.ts');
  const { planGenerate } = await import('../../src/pipeline/generate.ts');
  const { estimateWork } = await import('../../src/pipeline/work.ts');
  const config = await readModelConfig(folder);
  const { frames, schedule } = planGenerate({ config }, { prompt: 'x' });
  return [path.length > 0, frames, estimateWork(config, schedule, 20)];
}

async function tokenizerJson(path: string): Promise<unknown> {
  const { parseTokenizerJson } = await import('../../src/text/unigram/tokenizer-json.ts');
  const { tokenizePrompt } = await import('../../src/text/features.ts');
  const tokenizer = parseTokenizerJson(await readFile(path, 'utf8'), path);
  return tokenizePrompt(tokenizer, 'A red circle, moving right </s> 😀').ids;
}

async function shards(path: string): Promise<unknown> {
  const { openSafetensorsPath } = await import('../../src/io/sharded-safetensors.ts');
  const file = await openSafetensorsPath(path);
  try {
    for (const key of file.shapes.keys()) await file.tensor(key);
    return [...file.shapes];
  } finally {
    await file.close();
  }
}

export const targets: Readonly<Record<string, Target>> = {
  png: media('a.png', 12, png),
  pngHeader: media('b.png', 8, pngOfAnySize),
  gif: media('a.gif', 16, gif),
  jpeg: media('a.jpg', 4, jpeg),
  webp: media('a.webp', 3, webp),
  mp4: media('a.mp4', 0.01, async (random) => mutateBytes(await video(), random)),
  npy: {
    file: 'a.npy', weight: 8, make: npy,
    read: async (path) => {
      const { readNpy } = await import('../../src/io/npy.ts');
      const array = readNpy(new Uint8Array(await readFile(path)), path);
      return [array.shape, digest(bytesIn(array.data))];
    },
  },
  npz: {
    file: 'a.npz', weight: 8, make: npz,
    read: async (path) => {
      const { readNpz } = await import('../../src/io/npz.ts');
      const arrays = readNpz(new Uint8Array(await readFile(path)), path);
      return [...arrays].map(([name, { shape, data }]) => [name, shape, digest(bytesIn(data))]);
    },
  },
  safetensors: { file: 'a.safetensors', weight: 8, make: safetensors, read: shards },
  torchZip: { file: 'a.pt', weight: 8, make: torchZip, read: checkpoint },
  torchLegacy: { file: 'a.pth', weight: 6, make: torchLegacy, read: checkpoint },
  gguf: {
    file: 'a.gguf', weight: 5, make: gguf,
    read: async (path) => {
      const { openGguf } = await import('../../src/gguf/read.ts');
      const { fileSource } = await import('../../src/io/files.ts');
      const file = await openGguf(await fileSource(path));
      try {
        for (const key of file.shapes.keys()) await file.tensor(key);
        return [...file.shapes];
      } finally {
        await file.close();
      }
    },
  },
  quantized: {
    file: 'transformer.gguf', weight: 2,
    make: async (random) => (await import('./quantized.ts')).quantized(random),
    read: async (path, folder) => (await import('./quantized.ts')).drawQuantized(path, folder),
  },
  config: jsonFile('config.json', 8, () => json(bytesOf(models, 'toy/config.json')), modelConfig),
  textConfig: jsonFile('t5.json', 4, () => json(bytesOf(models, 'toy/text_encoder/config.json')), async (path) => {
    const { readT5Config } = await import('../../src/text/t5-config.ts');
    const { t5Shapes } = await import('../../src/text/t5-shapes.ts');
    const { Fields } = await import('../../src/io/fields.ts');
    const { parseStrictJson } = await import('../../src/io/strict-json.ts');
    const config = readT5Config(new Fields(parseStrictJson(new Uint8Array(await readFile(path)), path), path));
    return [config, [...t5Shapes(config)].length];
  }),
  tokenizer: jsonFile('tokenizer.json', 4, () => json(bytesOf(models, 'toy/text_encoder/tokenizer.json')), tokenizerJson),
  spiece: {
    file: 'spiece.model', weight: 3, make: (random) => mutateBytes(fixture('text/_models/rules.model'), random),
    read: async (path) => {
      const { parseSpiece } = await import('../../src/text/unigram/spiece.ts');
      const { tokenizePrompt } = await import('../../src/text/features.ts');
      return tokenizePrompt(parseSpiece(new Uint8Array(await readFile(path)), path), 'A red circle').ids;
    },
  },
  case: {
    ...jsonFile('case.json', 6, () => json(fixture('bsq/codes-from-bits/case.json')), conformCase),
    make: (random) => text(mutateJson(json(fixture(random.pick(CASES), 'case.json')), random)),
  },
  kit: jsonFile('kit.json', 4, () => KIT, async (path, folder) => {
    const { readKitCase, readManifest } = await import('../../src/kit/manifest.ts');
    const entries = readManifest(folder);
    return [path.length > 0, entries.map((entry) => readKitCase(folder, entry).case.kind)];
  }),
  results: jsonFile('results.json', 2, () => ({ a: [1, 2], b: { c: 'x' } }), async (path, folder) => {
    const { readResults } = await import('../../src/kit/results.ts');
    const { arrays, json: values, problems } = await readResults(folder, 'x');
    return [path.length > 0, arrays.size, values.size, problems];
  }),
  shardIndex: jsonFile('model.safetensors.index.json', 5, () => {
    return json(fixture('checkpoint/safetensors-sharded/model.safetensors.index.json'));
  }, shards),
  entries: jsonFile('data.jsonl', 2, () => ENTRY, async (path) => {
    const { parseEntries } = await import('../../src/training/data/entries.ts');
    return parseEntries(await readFile(path, 'utf8'), path);
  }),
};

const CASES = ['bsq/codes-from-bits', 'checkpoint/torch-nested', 'text/t5-len5', 'text/unigram-nfkc-replace-plain', 'sampler/t2v-one-clip'];
const KIT = { format: 2, cases: [{ id: 'a/b', kind: 'bsq', level: 'operators' }, { id: 'c', kind: 'rope', level: 'blocks' }] };
const ENTRY = { video_path: 'clips/cat.mp4', begin_frame_id: 0, end_frame_id: 120, fps: 24, tarsier2_caption: 'A cat jumps.' };

function bytesOf(folder: string, name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(folder, name)));
}

async function video(): Promise<Uint8Array> {
  const { encodeMp4 } = await import('../../src/io/mp4.ts');
  const { hostTensor } = await import('../../src/array/host.ts');
  return encodeMp4(hostTensor(new Uint8Array(3 * 16 * 16 * 3), [3, 16, 16, 3]), 8);
}

/** What a kind's reader expects beside the file. */
export function prepare(name: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  if (name === 'shardIndex') {
    for (const shard of ['1', '2']) {
      const file = `model-0000${shard}-of-00002.safetensors`;
      writeFileSync(join(folder, file), fixture('checkpoint/safetensors-sharded', file));
    }
  }
  if (name === 'config' && !existsSync(join(folder, 'text_encoder'))) cpSync(join(models, 'toy'), folder, { recursive: true });
  if (name === 'case') writeFileSync(join(folder, 'tensors.npz'), fixture('bsq/codes-from-bits/tensors.npz'));
}
