/** How a recording finds the values behind tensors, and tells which it meets: for what is computed twice (recompute.ts). */

import type { Tensor } from '../backend/backend.ts';
import type { Value } from './tape.ts';

/** Where one recording looks values up. */
export interface Lookup {
  /** Tensors that stand for other values than their own: parameters. */
  readonly known: ReadonlyMap<Tensor, Value>;
  /** Told of every tensor that an operation reads. */
  readonly used?: (x: Tensor, value: Value) => void;
  /** Told of every value that an operation makes. */
  readonly made?: (value: Value) => void;
}
