/**
 * Checkpoints in several safetensors files: an index {"weight_map": {key: file name}}; the files lie beside it.
 * A name may not leave the folder, whatever it is written like.
 */

import type { Shape } from '../array/host.ts';
import { FileError, show, WeightError } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';
import type { SafetensorsFile } from './safetensors.ts';
import { openSafetensors } from './safetensors.ts';
import { parseStrictJson } from './strict-json.ts';

/**
 * @param open gives the source of a shard by its plain file name.
 * @throws FileError if the index or a shard is damaged, or a shard lacks a key that the index promises.
 */
export async function openShards(
  index: Uint8Array,
  name: string,
  open: (shard: string) => Promise<ByteSource>,
): Promise<SafetensorsFile> {
  const shardOf = readIndex(index, name);
  const shards = new Map<string, SafetensorsFile>();
  const close = async () => {
    for (const shard of shards.values()) await shard.close();
  };
  const at = (key: string): SafetensorsFile => {
    const shard = shards.get(shardOf.get(key) ?? '');
    if (shard === undefined) throw new WeightError(key, 'missing');
    return shard;
  };
  try {
    for (const shard of new Set(shardOf.values())) shards.set(shard, await openSafetensors(await open(shard)));
    const entries = new Map([...shardOf].map(([key, shard]) => {
      const entry = shards.get(shard)!.entries.get(key);
      if (entry === undefined) throw new FileError(name, `is wrong: '${shard}' has no tensor '${key}'`);
      return [key, entry] as const;
    }));
    return {
      name,
      entries,
      shapes: new Map<string, Shape>([...entries].map(([key, { shape }]) => [key, shape])),
      metadata: new Map([...shards.values()].flatMap(({ metadata }) => [...metadata])),
      bytes: async (key) => at(key).bytes(key),
      tensor: async (key) => at(key).tensor(key),
      stored: async (key) => at(key).stored(key),
      storedBytes: (key) => at(key).storedBytes(key),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Key → shard, of one of the kinds `endings`. @throws FileError if the index is damaged, or a name is not plain. */
export function readIndex(bytes: Uint8Array, name: string, endings: readonly string[] = ['safetensors']): Map<string, string> {
  const index = parseStrictJson(bytes, name);
  const map = index !== null && typeof index === 'object' && 'weight_map' in index ? index.weight_map : undefined;
  if (map === null || typeof map !== 'object' || Array.isArray(map)) throw new FileError(name, 'has no weight_map');
  return new Map(Object.entries(map).map(([key, shard]: [string, unknown]) => {
    if (typeof shard !== 'string' || !endings.some((ending) => isPlainName(shard, ending))) {
      throw new FileError(name, `is refused: the shard of ${show(key)} is not the plain name of a .${endings.join(', .')} file`);
    }
    return [key, shard];
  }));
}

/** Of one folder level on every system: no separators, drives, addresses or zero bytes. */
function isPlainName(name: string, ending: string): boolean {
  return /^[^/\\:\0]+$/.test(name) && name.length > ending.length + 1 && name.endsWith(`.${ending}`);
}
