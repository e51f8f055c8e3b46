/** What the golden kinds of the rotary embedding share. */

import type { HostTensor } from '../array/host.ts';
import { hostTensor } from '../array/host.ts';
import type { Fields } from '../io/fields.ts';
import type { RopeConfig } from '../rope/frequencies.ts';

/** The rotary hyper-parameters of a case. */
export function ropeConfig(config: Fields): RopeConfig {
  const shared = { head_dim: config.count('head_dim', 1, 4096), text_maxlen: config.count('text_maxlen', 1, 65_536) };
  return config.has('base') ? { ...shared, base: config.number('base') } : shared;
}

/** (2, L, D/2) → (2, 1, 1, 1, L, D/2), the official layout. */
export function officialLayout(rope: HostTensor): HostTensor {
  return hostTensor(rope.data, [2, 1, 1, 1, rope.shape[1], rope.shape[2]]);
}
