/** A tensor that lies in a checkpoint file: described in full, read when asked for. */

import type { HostTensor, Shape } from '../array/host.ts';
import { hostTensor } from '../array/host.ts';
import { FileError } from '../errors.ts';
import type { ElementType } from '../io/element-type.ts';
import { floatValues } from '../io/element-type.ts';

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
  const values = floatValues(tensor.type, await tensor.bytes());
  if (values === undefined) throw new FileError(where, `is of type ${tensor.type}; a floating-point tensor is needed`);
  return hostTensor(values, tensor.shape);
}
