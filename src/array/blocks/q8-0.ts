/**
 * q8_0: 32 weights in 34 bytes, a scale d (f16) and 32 signed bytes q.
 *
 *   w = d · q,   d = max |w| / 127,   q = round(w / d)
 *
 * Layout: GGUF's block_q8_0 (ggml, ggml-common.h; quantize_row_q8_0_ref). 8.5 bits a weight.
 */

import { setHalfAt } from '../half.ts';
import { halfAt } from '../half-tensor.ts';
import { nearest } from './nearest.ts';

/** Weights and bytes of a block. */
export const Q8_0 = { weights: 32, bytes: 34 } as const;

/** One block at `from` → 32 values at `to`. */
export function widenQ8_0(blocks: Uint8Array, from: number, values: Float32Array, to: number): void {
  const d = halfAt(blocks, from);
  for (let i = 0; i < 32; i++) values[to + i] = d * ((blocks[from + 2 + i] << 24) >> 24);
}

/** 32 values at `from` → one block at `to`. The scale is rounded to f16 before the weights are divided by it. */
export function quantizeQ8_0(values: Float32Array, from: number, blocks: Uint8Array, to: number): void {
  let largest = 0;
  for (let i = 0; i < 32; i++) {
    const size = Math.abs(values[from + i]);
    if (size > largest) largest = size;
  }
  setHalfAt(blocks, to, largest / 127);
  const d = halfAt(blocks, to);
  if (d === 0) {
    blocks.fill(0, to + 2, to + 34);
    return;
  }
  const inverse = 1 / d;
  for (let i = 0; i < 32; i++) blocks[to + 2 + i] = nearest(values[from + i] * inverse, -127, 127);
}
