/**
 * q4_0: 32 weights in 18 bytes, a scale d (f16) and 32 numbers q of four bits: byte j holds q[j] below and q[j + 16] above.
 *
 *   w = d · (q − 8),   q = round(w / d) + 8
 *
 * The usual d is (the w of the largest |w|) / −8: the largest weight gets the end −8, which is exact; the other end is +7. Scales
 * around it leave smaller errors on the whole (the largest weight is then cut off a little): the best of a few is taken.
 * Layout: GGUF's block_q4_0 (ggml, ggml-common.h). 4.5 bits a weight.
 */

import { setHalfAt } from '../half.ts';
import { halfAt } from '../half-tensor.ts';
import { nearest } from './nearest.ts';

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
  for (let i = 0; i < 32; i++) {
    const value = values[from + i];
    if (Math.abs(value) > Math.abs(extreme)) extreme = value;
  }
  setHalfAt(blocks, to, bestScale(values, from, extreme));
  const d = halfAt(blocks, to);
  if (d === 0) {
    blocks.fill(0x88, to + 2, to + 18); // all weights 0
    return;
  }
  const inverse = 1 / d;
  for (let j = 0; j < 16; j++) {
    const low = nearest(values[from + j] * inverse, -8, 7);
    const high = nearest(values[from + 16 + j] * inverse, -8, 7);
    blocks[to + 2 + j] = (low + 8) | ((high + 8) << 4);
  }
}

/** The extreme weight may lie at −8, its usual place, or a little beyond or within the levels. */
const PLACES = [-8, -8.6, -7.4, -6.8];

/** For the levels q of each place, the d of least squares, Σ w·q / Σ q²; the one with the least error. */
function bestScale(values: Float32Array, from: number, extreme: number): number {
  let best = 0;
  let most = 0;
  if (extreme === 0) return 0;
  for (let p = 0; p < PLACES.length; p++) {
    const inverse = PLACES[p] / extreme;
    let dots = 0;
    let squares = 0;
    for (let i = from; i < from + 32; i++) {
      const value = values[i];
      const q = nearest(value * inverse, -8, 7);
      dots += value * q;
      squares += q * q;
    }
    // Σ (w − d·q)² = Σ w² − (Σ w·q)² / Σ q² at the best d; the extreme weight's q is not 0
    const d = dots / squares;
    if (dots * d <= most) continue;
    best = d;
    most = dots * d;
  }
  return best;
}
