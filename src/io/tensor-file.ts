/** What every kind of checkpoint looks like to its user: named tensors, read one by one. */

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
  close(): Promise<void>;
}
