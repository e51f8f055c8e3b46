/** A safetensors file of weights that are still in other files: each is read when its turn comes. */

import { readFloat } from '../checkpoint/stored-tensor.ts';
import { FileError, WeightError } from '../errors.ts';
import type { ElementType } from '../io/element-type.ts';
import type { FloatType } from '../io/write-safetensors.ts';
import { safetensorsChunks } from '../io/write-safetensors.ts';
import type { SourceTensor } from './collect.ts';

/**
 * The chunks of a file with the tensors `keys`, in that order.
 * @param type of all of them; as stored if left out.
 */
export function weightChunks(
  keys: readonly string[],
  tensors: ReadonlyMap<string, SourceTensor>,
  type?: FloatType,
): AsyncGenerator<Uint8Array> {
  const items = keys.map((key) => {
    const tensor = tensors.get(key);
    if (tensor === undefined) throw new WeightError(key, 'missing');
    const where = `${tensor.file}: ${key}`;
    const dtype = type ?? storedType(tensor, where);
    // What is of the type already is copied as it is.
    const values = dtype === SAME_TYPE.get(tensor.type) ? () => tensor.bytes() : () => readFloat(tensor, where);
    return { key, shape: tensor.shape, dtype, values };
  });
  return safetensorsChunks(items, { format: 'pt' }); // the note that transformers asks for
}

const SAME_TYPE: ReadonlyMap<ElementType, FloatType> = new Map([
  ['float32', 'F32'], ['float16', 'F16'], ['bfloat16', 'BF16'],
]);

/** @throws FileError if it is no floating-point tensor. */
export function storedType({ type }: SourceTensor, where: string): FloatType {
  const same = SAME_TYPE.get(type);
  if (same !== undefined) return same;
  if (type === 'float64') return 'F32';
  throw new FileError(where, `is of type ${type}; a floating-point tensor is needed`);
}
