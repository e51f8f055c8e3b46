/**
 * Checkpoints in one or several safetensors files (shards.ts) on disk: `model.safetensors.index.json` is the index.
 * Links are followed: download caches of model hubs consist of them.
 */

import { dirname, join } from 'node:path';
import { fileSource, isFolder, readWhole } from './files.ts';
import type { SafetensorsFile } from './safetensors.ts';
import { openSafetensors } from './safetensors.ts';
import { openShards } from './shards.ts';

export { openShards } from './shards.ts';

const INDEX = 'model.safetensors.index.json';
const SINGLE = 'model.safetensors';

/**
 * A safetensors file, an index of shards, or a folder that holds one of them under its usual name.
 * @throws FileError if it is missing or damaged, or a shard is.
 */
export async function openSafetensorsPath(path: string): Promise<SafetensorsFile> {
  if (await isFolder(path)) {
    const index = join(path, INDEX);
    const found = await readWhole(index).catch(() => undefined);
    return openSafetensorsPath(found === undefined ? join(path, SINGLE) : index);
  }
  if (!path.endsWith('.json')) return openSafetensors(await fileSource(path));
  return openShards(await readWhole(path), path, (shard) => fileSource(join(dirname(path), shard)));
}
