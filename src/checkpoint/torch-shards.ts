/**
 * Checkpoints in several PyTorch files: `pytorch_model.bin.index.json` is {"weight_map": {key: file name}}, as for
 * safetensors (io/shards.ts); the files lie beside it.
 */

import { FileError } from '../errors.ts';
import { readIndex } from '../io/shards.ts';
import type { PickleKey } from './pickle-values.ts';
import { isDict } from './value.ts';
import type { Checkpoint, CheckpointValue } from './value.ts';

const ENDINGS = ['bin', 'pt', 'pth'];

/** Whether an index names PyTorch files. @throws FileError if it is damaged. */
export function namesTorchFiles(index: Uint8Array, name: string): boolean {
  return [...readIndex(index, name, [...ENDINGS, 'safetensors']).values()].some((shard) => !shard.endsWith('.safetensors'));
}

/** @throws FileError if the index or a shard is damaged, or a shard lacks a key that the index promises. */
export async function openTorchShards(
  index: Uint8Array, name: string, open: (shard: string) => Promise<Checkpoint>,
): Promise<Checkpoint> {
  const shardOf = readIndex(index, name, ENDINGS);
  const shards = new Map<string, Checkpoint>();
  const close = async (): Promise<void> => {
    for (const shard of shards.values()) await shard.close();
  };
  try {
    for (const shard of new Set(shardOf.values())) shards.set(shard, await open(shard));
    const entries = new Map([...shardOf].map(([key, shard]): [PickleKey, CheckpointValue] => {
      const { value } = shards.get(shard)!;
      const found = isDict(value) ? value.entries.get(key) : undefined;
      if (found === undefined) throw new FileError(name, `is wrong: '${shard}' has no tensor '${key}'`);
      return [key, found];
    }));
    return { name, format: 'torch zip', value: { kind: 'dict', entries, ordered: true }, metadata: new Map(), close };
  } catch (error) {
    await close();
    throw error;
  }
}
