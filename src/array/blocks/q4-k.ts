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
import { nearest } from './nearest.ts';

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

/** The parts' scales and offsets as they are found, before they become six bits: kept here, as blocks come by the million. */
const scales = new Float64Array(PARTS);
const offsets = new Float64Array(PARTS);

/** 256 values at `from` → one block at `to`. */
export function quantizeQ4_K(values: Float32Array, from: number, blocks: Uint8Array, to: number): void {
  for (let j = 0; j < PARTS; j++) fit(values, from + 32 * j, j);
  blocks.fill(0, to, to + Q4_K.bytes);
  setHalfAt(blocks, to, Math.max(...scales) / SIX_BITS);
  setHalfAt(blocks, to + 2, Math.max(...offsets) / SIX_BITS);
  const [d, e] = [halfAt(blocks, to), halfAt(blocks, to + 2)];
  for (let j = 0; j < PARTS; j++) {
    const [s, m] = [sixBits(scales[j], d), sixBits(offsets[j], e)];
    const at = to + 4 + j;
    if (j < 4) {
      blocks[at] |= s;
      blocks[at + 4] |= m;
    } else {
      blocks[at + 4] = (s & 15) | ((m & 15) << 4);
      blocks[at - 4] |= (s >> 4) << 6;
      blocks[at] |= (m >> 4) << 6;
    }
    const [scale, offset] = [d * s, e * m];
    const pairs = to + 16 + (j >> 1) * 32;
    const shift = (j & 1) << 2;
    for (let i = 0; i < 32; i++) blocks[pairs + i] |= level(values[from + 32 * j + i], scale, offset) << shift;
  }
}

function sixBits(value: number, unit: number): number {
  return unit === 0 ? 0 : nearest(value / unit, 0, SIX_BITS);
}

function level(value: number, scale: number, offset: number): number {
  return scale === 0 ? 0 : nearest((value + offset) / scale, 0, LEVELS);
}

/** So many steps in a part's range, against 15 of the levels: a little of it may be cut off, or left unused. */
const RANGES = [14.3, 15, 15.6, 16.3];

/**
 * w ≈ scale · q − offset, offset ≥ 0, with the least squared error, over ranges from a little narrower to a little wider than the
 * values': to `scales` and `offsets` of part j.
 */
function fit(w: Float32Array, from: number, j: number): void {
  let lowest = 0;
  let highest = -Infinity;
  for (let i = from; i < from + 32; i++) {
    lowest = Math.min(lowest, w[i]);
    highest = Math.max(highest, w[i]);
  }
  const range = highest - lowest;
  scales[j] = range / LEVELS;
  offsets[j] = range === 0 ? 0 : -lowest;
  if (range === 0) return;
  let least = squaredError(w, from, scales[j], offsets[j]);
  for (const levels of RANGES) least = leastSquares(w, from, range / levels, -lowest, j, least);
}

/**
 * The line through (q, w) for the q that a scale and an offset give: Σ (scale · q − offset − w)² least, offset ≥ 0. It is taken
 * where its error is below `least`. @returns the least error.
 */
function leastSquares(w: Float32Array, from: number, startScale: number, startOffset: number, j: number, least: number): number {
  let sumQ = 0;
  let sumQQ = 0;
  let sumW = 0;
  let sumQW = 0;
  for (let i = from; i < from + 32; i++) {
    const value = w[i];
    const q = level(value, startScale, startOffset);
    sumQ += q;
    sumQQ += q * q;
    sumW += value;
    sumQW += q * value;
  }
  let scale = startScale;
  let offset = startOffset;
  const determinant = 32 * sumQQ - sumQ * sumQ;
  if (determinant > 0) {
    const slope = (32 * sumQW - sumQ * sumW) / determinant;
    const below = (slope * sumQ - sumW) / 32;
    if (below < 0) {
      if (sumQQ > 0 && sumQW > 0) [scale, offset] = [sumQW / sumQQ, 0];
    } else if (slope > 0) [scale, offset] = [slope, below];
  }
  const error = squaredError(w, from, scale, offset);
  if (!(error < least)) return least;
  scales[j] = scale;
  offsets[j] = offset;
  return error;
}

function squaredError(w: Float32Array, from: number, scale: number, offset: number): number {
  let sum = 0;
  for (let i = from; i < from + 32; i++) {
    const error = scale * level(w[i], scale, offset) - offset - w[i];
    sum += error * error;
  }
  return sum;
}
