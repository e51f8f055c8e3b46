/** The forms in which values come to a backend: float32, or matrices in 16 bits or in blocks of quantized weights. */

import type { BlockMatrix } from './block-matrix.ts';
import { widenBlocks } from './block-matrix.ts';
import type { HalfTensor } from './half-tensor.ts';
import { widenHalf } from './half-tensor.ts';
import type { HostTensor } from './host.ts';

export type StoredValues = HostTensor | HalfTensor | BlockMatrix;

export function isHalf(values: StoredValues): values is HalfTensor {
  return 'bits' in values;
}

export function isBlocks(values: StoredValues): values is BlockMatrix {
  return 'blocks' in values;
}

/** The same values as float32; what is float32 already stays as it is. */
export function widened(values: StoredValues): HostTensor {
  if (isHalf(values)) return widenHalf(values);
  return isBlocks(values) ? widenBlocks(values) : values;
}
