/** What the golden kinds of the transformer share. */

import { hostTensor, rowMajor } from '../array/host.ts';
import type { HostTensor } from '../array/host.ts';
import { UnsupportedError } from '../errors.ts';
import type { Fields } from '../io/fields.ts';
import { RMS_EPSILON } from '../transformer/self-attention.ts';
import type { HeadCounts } from '../transformer/self-attention.ts';
import type { Case } from './case.ts';

export function headCounts(config: Fields): HeadCounts {
  if (config.has('eps') && config.number('eps') !== RMS_EPSILON) {
    throw new UnsupportedError(`${config.where}.eps: only ${RMS_EPSILON} is implemented`);
  }
  return { num_heads: config.integer('num_heads'), num_key_value_heads: config.integer('num_key_value_heads') };
}

/** A rotary table stored as (2, 1, 1, 1, L, D/2) → (2, L, D/2). */
export function ropeInput(c: Case, name: string): HostTensor {
  const stored = c.input(name);
  return hostTensor(rowMajor(stored), [2, ...stored.shape.slice(-2)]);
}
