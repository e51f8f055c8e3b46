/**
 * q4_K: 256 weights in 144 bytes, eight parts of 32 with a scale s and an offset m of six bits each, which the block's own d
 * and e (f16) scale.
 *
 *   w = (d · s) · q − (e · m),   q four bits
 *
 * Bytes: 0 d, 2 e, 4 the scales and offsets (12 bytes, {@link scaleAndOffset}), 16 the q: for each two parts 32 bytes, the
 * first part below, the second above. Layout: GGUF's block_q4_K (ggml, ggml-common.h; dequantize_row_q4_K). 4.5 bits a weight.
 *
 * The layout says how numbers are read; how s, m and q are chosen is up to the writer. Here: the q of several ranges, for each
 * the d·s and e·m of least squares, and the best of these.
 */

import { setHalfAt } from '../half.ts';
import { halfAt } from '../half-tensor.ts';

/** Weights and bytes of a block. */
export const Q4_K = { weights: 256, bytes: 144 } as const;

const PARTS = 8;
const LEVELS = 15;
const SIX_BITS = 63;

/**
 * Part j's scale and offset, six bits each: of parts 0–3 in bytes j and j + 4; of parts 4–7 four bits of both in byte j + 4, and
 * the other two in the upper bits of bytes j − 4 and j.
 */
function scaleAndOffset(bytes: Uint8Array, at: number, j: number): [number, number] {
  if (j < 4) return [bytes[at + j] & 63, bytes[at + j + 4] & 63];
  const low = bytes[at + j + 4];
  return [(low & 15) | ((bytes[at + j - 4] >> 6) << 4), (low >> 4) | ((bytes[at + j] >> 6) << 4)];
}

/** One block at `from` → 256 values at `to`. */
export function widenQ4_K(blocks: Uint8Array, from: number, values: Float32Array, to: number): void {
  const [d, e] = [halfAt(blocks, from), halfAt(blocks, from + 2)];
  for (let j = 0; j < PARTS; j++) {
    const [s, m] = scaleAndOffset(blocks, from + 4, j);
    const [scale, offset] = [d * s, e * m]; // 11 + 6 bits, and 4 more with q: exact in float32 too, so only the difference rounds
    for (let i = 0; i < 32; i++) {
      const pair = blocks[from + 16 + (j >> 1) * 32 + i];
      values[to + 32 * j + i] = scale * (j % 2 === 0 ? pair & 15 : pair >> 4) - offset;
    }
  }
}

/** 256 values at `from` → one block at `to`. */
export function quantizeQ4_K(values: Float32Array, from: number, blocks: Uint8Array, to: number): void {
  const parts = Array.from({ length: PARTS }, (_, j) => fit(values.subarray(from + 32 * j, from + 32 * j + 32)));
  blocks.fill(0, to, to + Q4_K.bytes);
  setHalfAt(blocks, to, Math.max(...parts.map(({ scale }) => scale)) / SIX_BITS);
  setHalfAt(blocks, to + 2, Math.max(...parts.map(({ offset }) => offset)) / SIX_BITS);
  const [d, e] = [halfAt(blocks, to), halfAt(blocks, to + 2)];
  for (const [j, { scale, offset }] of parts.entries()) {
    const [s, m] = [sixBits(scale, d), sixBits(offset, e)];
    const at = to + 4 + j;
    if (j < 4) {
      blocks[at] |= s;
      blocks[at + 4] |= m;
    } else {
      blocks[at + 4] = (s & 15) | ((m & 15) << 4);
      blocks[at - 4] |= (s >> 4) << 6;
      blocks[at] |= (m >> 4) << 6;
    }
    for (let i = 0; i < 32; i++) {
      const q = level(values[from + 32 * j + i], d * s, e * m);
      blocks[to + 16 + (j >> 1) * 32 + i] |= j % 2 === 0 ? q : q << 4;
    }
  }
}

function sixBits(value: number, unit: number): number {
  return unit === 0 ? 0 : Math.min(SIX_BITS, Math.round(value / unit));
}

function level(value: number, scale: number, offset: number): number {
  return scale === 0 ? 0 : Math.max(0, Math.min(LEVELS, Math.round((value + offset) / scale)));
}

/** So many steps in a part's range, against 15 of the levels: a little of it may be cut off, or left unused. */
const RANGES = [14.3, 15, 15.6, 16.3];

interface Fit {
  readonly scale: number;
  /** Not negative: what is subtracted. */
  readonly offset: number;
}

/** w ≈ scale · q − offset with the least squared error, over ranges from a little narrower to a little wider than the values'. */
function fit(w: Float32Array): Fit {
  const lowest = Math.min(0, ...w);
  const range = Math.max(...w) - lowest;
  if (range === 0) return { scale: 0, offset: 0 };
  let best: Fit = { scale: range / LEVELS, offset: -lowest };
  let least = squaredError(w, best);
  for (const levels of RANGES) {
    const candidate = leastSquares(w, { scale: range / levels, offset: -lowest });
    const error = squaredError(w, candidate);
    if (error < least) [best, least] = [candidate, error];
  }
  return best;
}

/** The line through (q, w) for the q that `start` gives: Σ (scale · q − offset − w)² least, offset ≥ 0. */
function leastSquares(w: Float32Array, start: Fit): Fit {
  let [sumQ, sumQQ, sumW, sumQW] = [0, 0, 0, 0];
  for (const value of w) {
    const q = level(value, start.scale, start.offset);
    sumQ += q;
    sumQQ += q * q;
    sumW += value;
    sumQW += q * value;
  }
  const determinant = w.length * sumQQ - sumQ * sumQ;
  if (determinant <= 0) return start;
  const scale = (w.length * sumQW - sumQ * sumW) / determinant;
  const offset = (scale * sumQ - sumW) / w.length;
  if (offset < 0) return sumQQ > 0 && sumQW > 0 ? { scale: sumQW / sumQQ, offset: 0 } : start;
  return scale > 0 ? { scale, offset } : start;
}

function squaredError(w: Float32Array, { scale, offset }: Fit): number {
  let sum = 0;
  for (const value of w) sum += (scale * level(value, scale, offset) - offset - value) ** 2;
  return sum;
}
