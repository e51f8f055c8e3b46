/**
 * Weights of a file under a budget of memory (weight-levels.ts): those of the backend are uploaded once and stay; those of
 * the host are read once and uploaded into the scope that asks for them, every time, and freed at its end; those of the disk
 * are read every time too. So a transformer whose blocks load their weights in their own scopes needs one block's memory
 * besides the budget.
 *
 * Matrices are uploaded as they are stored: those of 16 bits or of blocks stay so where the backend can. What is on disk is read
 * ahead of its use (read-ahead.ts).
 */

import { breathe } from '../breathe.ts';
import type { StoredValues } from '../array/stored.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import type { WeightStore } from '../backend/weights.ts';
import { weightsAt } from '../backend/weights.ts';
import { MemoryError, UnsupportedError } from '../errors.ts';
import type { TensorFile } from '../io/tensor-file.ts';
import { checkFinite } from './check-finite.ts';
import { ReadAhead } from './read-ahead.ts';
import type { PlacedWeights } from './weight-levels.ts';

/**
 * @param file stays open; whoever opened it closes it when the store is no longer needed, or at once if nothing is left on disk.
 * @throws FileError if a weight cannot be read, WeightError if it is not finite, here or at a later load.
 */
export async function streamWeights(b: Backend, file: TensorFile, { levels }: Pick<PlacedWeights, 'levels'>): Promise<WeightStore> {
  const resident = new Map<string, Tensor>();
  const onHost = new Map<string, StoredValues>();
  const checked = new Set<string>(); // what is read again and again is checked once
  const read = async (key: string): Promise<StoredValues> => {
    const values = await (file.shapes.get(key)?.length === 2 ? file.stored(key) : file.tensor(key));
    if (!checked.has(key)) checkFinite(key, values);
    checked.add(key);
    return values;
  };
  for (const [key, level] of levels) {
    if (level === 'disk') continue;
    await breathe();
    const values = await read(key);
    if (level === 'backend') resident.set(key, upload(b, key, values));
    else onHost.set(key, values);
  }
  const ready = async (scope: Backend, key: string): Promise<Tensor> => {
    return resident.get(key) ?? upload(scope, key, onHost.get(key) ?? (await read(key)));
  };
  const startOf = (prefix: string): string => (prefix === '' ? '' : `${prefix}.`);
  const keysAt = (prefix: string): string[] => [...file.shapes.keys()].filter((key) => key.startsWith(startOf(prefix)));
  const onDisk = (key: string): boolean => levels.get(key) === 'disk';
  const ahead = new ReadAhead(async (prefix) => {
    return new Map(await Promise.all(keysAt(prefix).filter(onDisk).map(async (key) => [key, await read(key)] as const)));
  });
  return {
    shapes: file.shapes,
    tensor: ready,
    async load(scope, prefix) {
      const keys = keysAt(prefix);
      const streamed = keys.some(onDisk) ? await ahead.take(prefix) : new Map<string, StoredValues>();
      const tensors = keys.map((key): [string, Tensor] => {
        return [key, resident.get(key) ?? upload(scope, key, (onHost.get(key) ?? streamed.get(key))!)];
      });
      return weightsAt(new Map(tensors), startOf(prefix));
    },
  };
}

/** @throws UnsupportedError naming the weight that the backend has no room for. */
function upload(b: Backend, key: string, values: StoredValues): Tensor {
  try {
    return b.upload(values);
  } catch (error) {
    if (!(error instanceof UnsupportedError) || error instanceof MemoryError) throw error;
    throw new UnsupportedError(`weight '${key}': ${error.message}`, { cause: error });
  }
}
