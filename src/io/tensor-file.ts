/** What every kind of checkpoint looks like to its user: named tensors, read one by one. */

import type { StoredValues } from '../array/stored.ts';
import type { HostTensor, Shape } from '../array/host.ts';

export interface TensorFile {
  readonly name: string;
  /** Key → shape of every tensor, in file order. */
  readonly shapes: ReadonlyMap<string, Shape>;
  /**
   * A tensor as float32.
   * @throws WeightError if there is none of this key. @throws FileError if it is no floating-point tensor.
   */
  tensor(key: string): Promise<HostTensor>;
  /** The same as it is stored: 16-bit floats and blocks of quantized weights stay so. */
  stored(key: string): Promise<StoredValues>;
  /** Bytes of a tensor as `stored` gives it. */
  storedBytes(key: string): number;
  close(): Promise<void>;
}
