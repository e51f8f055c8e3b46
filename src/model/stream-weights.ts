/**
 * Weights of a file under a memory budget: as many as fit are uploaded once and stay; the others are read and
 * uploaded into the scope that asks for them, every time, and freed at its end. So a transformer whose blocks load
 * their weights in their own scopes needs one block's memory besides the budget.
 *
 * Every weight is asked for once a step, so it makes no difference which ones stay: the first ones do.
 */

import { sizeOf } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import type { WeightStore } from '../backend/weights.ts';
import { weightsAt } from '../backend/weights.ts';
import type { TensorFile } from '../io/tensor-file.ts';

/** On the device. */
const BYTES = 4;

/**
 * @param file stays open; whoever opened it closes it when the store is no longer needed.
 * @param budget bytes for resident weights; Infinity for all, 0 for none.
 * @throws FileError if a weight cannot be read, here or at a later load.
 */
export async function streamWeights(b: Backend, file: TensorFile, budget: number): Promise<WeightStore> {
  const resident = new Map<string, Tensor>();
  let left = budget;
  for (const [key, shape] of file.shapes) {
    const bytes = BYTES * sizeOf(shape);
    if (bytes > left) break;
    left -= bytes;
    resident.set(key, b.upload(await file.tensor(key)));
  }
  const ready = async (scope: Backend, key: string): Promise<Tensor> => {
    return resident.get(key) ?? scope.upload(await file.tensor(key));
  };
  return {
    shapes: file.shapes,
    tensor: ready,
    async load(scope, prefix) {
      const start = prefix === '' ? '' : `${prefix}.`;
      const tensors = new Map<string, Tensor>();
      for (const key of file.shapes.keys()) if (key.startsWith(start)) tensors.set(key, await ready(scope, key));
      return weightsAt(tensors, start);
    },
  };
}
