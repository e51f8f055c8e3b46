/** Everything in a checkpoint in one list, each thing under its path: keys and indices, with dots between them. */

import type { CheckpointValue } from './checkpoint.ts';
import { isDict, isList, isOpaque, isTensor } from './checkpoint.ts';
import type { StoredTensor } from './stored-tensor.ts';

export interface ListedTensor {
  readonly path: string;
  readonly tensor: StoredTensor;
}

export interface ListedConstant {
  readonly path: string;
  readonly value: string;
}

export interface Listing {
  /** In file order. */
  readonly tensors: readonly ListedTensor[];
  readonly constants: readonly ListedConstant[];
}

export function listCheckpoint(root: CheckpointValue): Listing {
  const tensors: ListedTensor[] = [];
  const constants: ListedConstant[] = [];
  const visit = (value: CheckpointValue, path: string): void => {
    const below = (key: unknown): string => (path === '' ? String(key) : `${path}.${String(key)}`);
    if (isTensor(value)) tensors.push({ path, tensor: value });
    else if (isDict(value)) for (const [key, item] of value.entries) visit(item, below(key));
    else if (isList(value)) value.items.forEach((item, i) => { visit(item, below(i)); });
    else constants.push({ path, value: isOpaque(value) ? value.text : String(value) });
  };
  visit(root, '');
  return { tensors, constants };
}
