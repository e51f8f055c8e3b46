/** A safetensors file of weights that are still in other files: each is read when its turn comes. */

import type { HostTensor } from '../array/host.ts';
import { readFloat } from '../checkpoint/stored-tensor.ts';
import { FileError, WeightError } from '../errors.ts';
import type { ElementType } from '../io/element-type.ts';
import type { FloatType } from '../io/write-safetensors.ts';
import { beyond, safetensorsChunks } from '../io/write-safetensors.ts';
import type { SourceTensor } from './collect.ts';

export interface ChunkOptions {
  /** Of all tensors; as stored if left out. */
  readonly type?: FloatType;
  /** Told of values that do not fit float16 and become infinite; without it they are refused. */
  readonly overflow?: ((line: string) => void) | undefined;
}

/**
 * The chunks of a file with the tensors `keys`, in that order.
 * @throws FileError naming the first tensor that has values which do not fit its type, how many, and the largest.
 */
export function weightChunks(
  keys: readonly string[],
  tensors: ReadonlyMap<string, SourceTensor>,
  { type, overflow }: ChunkOptions = {},
): AsyncGenerator<Uint8Array> {
  const items = keys.map((key) => {
    const tensor = tensors.get(key);
    if (tensor === undefined) throw new WeightError(key, 'missing');
    const where = `${tensor.file}: ${key}`;
    const dtype = type ?? storedType(tensor, where);
    // What is of the type already is copied as it is.
    const values = dtype === SAME_TYPE.get(tensor.type)
      ? () => tensor.bytes()
      : async () => fitting(dtype, await readFloat(tensor, where), where, overflow);
    return { key, shape: tensor.shape, dtype, values };
  });
  return safetensorsChunks(items, { format: 'pt' }); // the note that transformers asks for
}


function fitting(dtype: FloatType, tensor: HostTensor, where: string, overflow: ChunkOptions['overflow']): HostTensor {
  const { count, largest } = beyond(dtype, tensor.data);
  if (count === 0) return tensor;
  const problem = `${count} of its ${tensor.data.length} values do not fit ${dtype.toLowerCase()} (largest ${largest.toPrecision(6)})`;
  if (overflow === undefined) throw new FileError(where, `${problem}; a wider type holds them, --allow-overflow makes them infinite`);
  overflow(`${where}: ${problem}: they become infinite`);
  return tensor;
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
