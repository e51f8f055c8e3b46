/** A tensor that lies in a checkpoint file: described in full, read when asked for. */

import type { HostTensor, Shape } from '../array/host.ts';
import { hostTensor } from '../array/host.ts';
import { FileError } from '../errors.ts';
import type { ElementType } from '../io/element-type.ts';
import { elementValues, floatValues } from '../io/element-type.ts';

export interface StoredTensor {
  readonly type: ElementType;
  readonly shape: Shape;
  /** Whether the file marks it as an nn.Parameter. */
  readonly parameter: boolean;
  /** Its elements, row-major, little endian. @throws FileError if they cannot be read. */
  bytes(): Promise<Uint8Array>;
}

/**
 * @param where names it in errors.
 * @throws FileError if it cannot be read or is no floating-point tensor.
 */
export async function readFloat(tensor: StoredTensor, where: string): Promise<HostTensor> {
  const bytes = await tensor.bytes();
  const values = floatValues(tensor.type, bytes);
  if (values === undefined) throw new FileError(where, `is of type ${tensor.type}; a floating-point tensor is needed`);
  if (tensor.type === 'float64') checkNarrowed(values, bytes, where);
  return hostTensor(values, tensor.shape);
}

/** @throws FileError if a finite double has become an infinite float. */
function checkNarrowed(values: Float32Array, bytes: Uint8Array, where: string): void {
  const wide = elementValues('float64', bytes);
  const count = values.filter((value, i) => Math.abs(value) === Infinity && Math.abs(Number(wide[i])) !== Infinity).length;
  if (count > 0) throw new FileError(where, `${count} of its ${values.length} values do not fit float32`);
}
