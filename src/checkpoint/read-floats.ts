/** All floating-point tensors of a file with a flat dict of them, by key: small networks of others. */

import type { HostTensor } from '../array/host.ts';
import { FileError } from '../errors.ts';
import { isDict, isTensor, openCheckpoint } from './checkpoint.ts';
import { readFloat } from './stored-tensor.ts';

/** @throws FileError if it cannot be read or holds no tensors. */
export async function readFloats(path: string): Promise<Map<string, HostTensor>> {
  const checkpoint = await openCheckpoint(path);
  try {
    const values = new Map<string, HostTensor>();
    for (const [key, tensor] of isDict(checkpoint.value) ? checkpoint.value.entries : []) {
      if (typeof key === 'string' && isTensor(tensor)) values.set(key, await readFloat(tensor, `${path}: ${key}`));
    }
    if (values.size === 0) throw new FileError(path, 'holds no weights by their keys');
    return values;
  } finally {
    await checkpoint.close();
  }
}
