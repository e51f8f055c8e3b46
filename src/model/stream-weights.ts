/**
 * Weights of a file under a memory budget: as many as fit are uploaded once and stay; the others are read and
 * uploaded into the scope that asks for them, every time, and freed at its end. So a transformer whose blocks load
 * their weights in their own scopes needs one block's memory besides the budget.
 *
 * Matrices are uploaded as they are stored: those of 16 bits or of blocks stay so where the backend can.
 *
 * Every weight is asked for once a step, so it makes no difference which ones stay: the first ones do. The others are read
 * ahead of their use (read-ahead.ts).
 */

import { breathe } from '../breathe.ts';
import type { Shape } from '../array/host.ts';
import { sizeOf } from '../array/host.ts';
import type { StoredValues } from '../array/stored.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import type { WeightStore } from '../backend/weights.ts';
import { weightsAt } from '../backend/weights.ts';
import { MemoryError, UnsupportedError } from '../errors.ts';
import type { TensorFile } from '../io/tensor-file.ts';
import { checkFinite } from './check-finite.ts';
import { ReadAhead } from './read-ahead.ts';

/**
 * @param file stays open; whoever opened it closes it when the store is no longer needed.
 * @param budget bytes for resident weights; Infinity for all, 0 for none.
 * @throws FileError if a weight cannot be read, WeightError if it is not finite, here or at a later load.
 */
export async function streamWeights(b: Backend, file: TensorFile, budget: number): Promise<WeightStore> {
  const resident = new Map<string, Tensor>();
  const checked = new Set<string>(); // what is read again and again is checked once
  const read = async (key: string, shape: Shape | undefined): Promise<StoredValues> => {
    const values = await (shape?.length === 2 ? file.stored(key) : file.tensor(key));
    if (!checked.has(key)) checkFinite(key, values);
    checked.add(key);
    return values;
  };
  let left = budget;
  for (const [key, shape] of file.shapes) {
    const bytes = bytesOf(file, key, shape);
    if (bytes > left) break;
    left -= bytes;
    await breathe();
    resident.set(key, upload(b, key, await read(key, shape)));
  }
  const ready = async (scope: Backend, key: string): Promise<Tensor> => {
    return resident.get(key) ?? upload(scope, key, await read(key, file.shapes.get(key)));
  };
  const startOf = (prefix: string): string => (prefix === '' ? '' : `${prefix}.`);
  const keysAt = (prefix: string): string[] => [...file.shapes.keys()].filter((key) => key.startsWith(startOf(prefix)));
  const ahead = new ReadAhead(async (prefix) => {
    const keys = keysAt(prefix).filter((key) => !resident.has(key));
    return new Map(await Promise.all(keys.map(async (key) => [key, await read(key, file.shapes.get(key))] as const)));
  });
  return {
    shapes: file.shapes,
    tensor: ready,
    async load(scope, prefix) {
      const keys = keysAt(prefix);
      const streamed = keys.some((key) => !resident.has(key)) ? await ahead.take(prefix) : new Map<string, StoredValues>();
      const tensors = keys.map((key) => [key, resident.get(key) ?? upload(scope, key, streamed.get(key)!)] as const);
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

/** What all weights of a file take. */
export function bytesOfAll(file: TensorFile): number {
  return [...file.shapes].reduce((sum, [key, shape]) => sum + bytesOf(file, key, shape), 0);
}

/** What a weight takes on a backend that keeps matrices as they are stored. */
export function bytesOf(file: TensorFile, key: string, shape: Shape): number {
  return shape.length === 2 ? file.storedBytes(key) : 4 * sizeOf(shape);
}

