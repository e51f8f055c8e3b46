/**
 * A model directory → files that the official code loads, under the names of the release:
 *
 *   infinitystar_videovae.pth               {'vae': …}, for load_visual_tokenizer
 *   <name>_weights/                         safetensors shards and their index, for checkpoint_type 'torch_shard'
 *   text_encoder/flan-t5-xl-official/       as Hugging Face publishes it
 *
 * Official tools/run_infinity.py:load_transformer, split_state_dict; load_vae_bsq_wan_absorb_patchify.py.
 */

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sizeOf } from '../array/host.ts';
import { readFloat } from '../checkpoint/stored-tensor.ts';
import { torchZipChunks } from '../checkpoint/write-torch-zip.ts';
import { writeFileAtomic, writeFolderAtomic } from '../io/atomic.ts';
import { fileNameOf } from '../io/plain-path.ts';
import { readModelConfig } from '../model/directory.ts';
import type { SourceTensor } from './collect.ts';
import { collectWeights } from './collect.ts';
import { copyTextFiles, FILES } from './convert.ts';
import type { PartName } from './official-keys.ts';
import { storedType, weightChunks } from './weight-chunks.ts';

/** As the official split_state_dict. */
const MAX_SHARD = 8e9;

type Tensors = ReadonlyMap<string, SourceTensor>;

/**
 * @param out the folder to make: it must not exist, or be empty.
 * @param signal ends the work with its reason; nothing is left of it.
 * @throws FileError if the model cannot be read or the files cannot be written.
 */
export async function exportOfficial(
  model: string,
  out: string,
  note: (line: string) => void = () => undefined,
  signal?: AbortSignal,
): Promise<void> {
  const { name } = await readModelConfig(model);
  const parts = (Object.keys(FILES) as PartName[]).map((part) => join(model, FILES[part]));
  const files = parts.flatMap((path) => {
    return [`${path}.safetensors.index.json`, `${path}.safetensors`].filter((file) => existsSync(file)).slice(0, 1);
  });
  const collection = await collectWeights(files);
  try {
    const of = (part: PartName): Tensors => collection.parts.get(part) ?? new Map<string, SourceTensor>();
    await writeFolderAtomic(out, async (folder) => {
      note('writing infinitystar_videovae.pth');
      await writeFileAtomic(join(folder, 'infinitystar_videovae.pth'), torchZipChunks('vae', floats(of('tokenizer'))), signal);
      const weights = `${fileNameOf(name, 'model')}_weights`;
      note(`writing ${weights}`);
      await writeShards(join(folder, weights), of('transformer'), MAX_SHARD, signal);
      if (collection.textEncoderFolder === undefined) return;
      note('writing text_encoder/flan-t5-xl-official');
      const text = join(folder, 'text_encoder', 'flan-t5-xl-official');
      await copyTextFiles(collection.textEncoderFolder, text);
      const tensors = of('text_encoder');
      await writeFileAtomic(join(text, 'model.safetensors'), weightChunks([...tensors.keys()], tensors), signal);
    });
  } finally {
    await collection.close();
  }
}

function floats(tensors: Tensors) {
  return [...tensors].map(([key, tensor]) => ({
    key,
    shape: tensor.shape,
    values: () => readFloat(tensor, `${tensor.file}: ${key}`),
  }));
}

/** Files of at most `most` bytes of data, unless one tensor has more, and `model.safetensors.index.json`. */
export async function writeShards(folder: string, tensors: Tensors, most: number, signal?: AbortSignal): Promise<void> {
  await mkdir(folder);
  const shards = split(tensors, most);
  const nameOf = (i: number): string => {
    const [index, count] = [i + 1, shards.length].map((number) => String(number).padStart(5, '0'));
    return `model-${index}-of-${count}.safetensors`;
  };
  for (const [i, keys] of shards.entries()) await writeFileAtomic(join(folder, nameOf(i)), weightChunks(keys, tensors), signal);
  const index = {
    metadata: { total_size: [...tensors].reduce((sum, [key, tensor]) => sum + sizeIn(tensor, key), 0) },
    weight_map: Object.fromEntries(shards.flatMap((keys, i) => keys.map((key) => [key, nameOf(i)]))),
  };
  const json = new TextEncoder().encode(JSON.stringify(index, null, 2));
  await writeFileAtomic(join(folder, 'model.safetensors.index.json'), json);
}

function split(tensors: Tensors, most: number): string[][] {
  const shards: string[][] = [[]];
  let size = 0;
  for (const [key, tensor] of tensors) {
    const bytes = sizeIn(tensor, key);
    if (size + bytes > most && size > 0) {
      shards.push([]);
      size = 0;
    }
    shards.at(-1)!.push(key);
    size += bytes;
  }
  return shards;
}

function sizeIn(tensor: SourceTensor, key: string): number {
  return sizeOf(tensor.shape) * (storedType(tensor, `${tensor.file}: ${key}`) === 'F32' ? 4 : 2);
}
