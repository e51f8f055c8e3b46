/** A file of tensors under other names. */

import type { TensorFile } from '../io/tensor-file.ts';
import { WeightError } from '../errors.ts';

/** @param keys new name → name in the file; tensors that it does not name stay under their own. */
export function renamed(file: TensorFile, keys: ReadonlyMap<string, string>): TensorFile {
  const names = new Map([...keys].map(([key, name]) => [name, key]));
  const nameOf = (key: string): string => {
    const name = keys.get(key) ?? key;
    if (!file.shapes.has(name)) throw new WeightError(key, 'missing');
    return name;
  };
  return {
    ...file,
    shapes: new Map([...file.shapes].map(([name, shape]) => [names.get(name) ?? name, shape])),
    tensor: (key) => file.tensor(nameOf(key)),
    stored: (key) => file.stored(nameOf(key)),
    storedBytes: (key) => file.storedBytes(nameOf(key)),
  };
}
