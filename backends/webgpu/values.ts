/** What a tensor holds on the device. */

import type { Share } from '../../src/backend/shared-arrays.ts';
import type { Buffer } from './buffers.ts';
import type { Format } from './kernels/widen.ts';

/** Values on the device. */
export interface Values {
  buffer: Buffer;
  format: Format;
  bytes: number;
  /** Another arrangement of the same values, that goes with them. */
  packed?: Buffer;
  /** A weight of a convolution as winograd.ts has it. */
  transformed?: Buffer;
  /** Of a matrix above the binding limit: so many rows of so many elements a buffer, of which `buffer` is the first. */
  split?: { readonly rows: number; readonly width: number; readonly buffers: readonly Buffer[] };
  /** What waits to be computed from them, told when all tensors of them are gone. */
  readonly readers: Set<{ starve(): void }>;
}

export type Storage = Share<Values>;

/** An array of the device, by which expressions name what they load. */
export type Source = Storage['array'];
