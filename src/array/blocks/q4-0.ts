/**
 * q4_0: 32 weights in 18 bytes, a scale d (f16) and 32 numbers q of four bits: byte j holds q[j] below and q[j + 16] above.
 *
 *   w = d · (q − 8),   d = (the w of the largest |w|) / −8,   q = round(w / d) + 8
 *
 * So the largest weight gets the end −8, which is exact; the other end is +7.
 * Layout: GGUF's block_q4_0 (ggml, ggml-common.h; quantize_row_q4_0_ref). 4.5 bits a weight.
 */

import { floatToHalf } from '../half.ts';
import { halfAt } from '../half-tensor.ts';

/** Weights and bytes of a block. */
export const Q4_0 = { weights: 32, bytes: 18 } as const;

/** One block at `from` → 32 values at `to`. */
export function widenQ4_0(blocks: Uint8Array, from: number, values: Float32Array, to: number): void {
  const d = halfAt(blocks, from);
  for (let j = 0; j < 16; j++) {
    const pair = blocks[from + 2 + j];
    values[to + j] = d * ((pair & 15) - 8);
    values[to + 16 + j] = d * ((pair >> 4) - 8);
  }
}

/** 32 values at `from` → one block at `to`. */
export function quantizeQ4_0(values: Float32Array, from: number, blocks: Uint8Array, to: number): void {
  let extreme = 0;
  for (let i = 0; i < 32; i++) if (Math.abs(values[from + i]) > Math.abs(extreme)) extreme = values[from + i];
  const bits = floatToHalf(Float32Array.of(extreme / -8))[0];
  blocks[to] = bits & 0xff;
  blocks[to + 1] = bits >> 8;
  const d = halfAt(blocks, to);
  const level = (value: number): number => (d === 0 ? 8 : Math.max(0, Math.min(15, Math.round(value / d) + 8)));
  for (let j = 0; j < 16; j++) blocks[to + 2 + j] = level(values[from + j]) | (level(values[from + 16 + j]) << 4);
}
