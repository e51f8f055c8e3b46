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
 * the d·s and e·m of least squares, the best of these, and once more for its own q.
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

/** Of the parts as found, and for q = w · inverse + shift once they have six bits: kept, as blocks come by the million. */
const scales = new Float64Array(PARTS);
const offsets = new Float64Array(PARTS);
const inverses = new Float64Array(PARTS);
const shifts = new Float64Array(PARTS);

/** 256 values at `from` → one block at `to`. */
export function quantizeQ4_K(values: Float32Array, from: number, blocks: Uint8Array, to: number): void {
  for (let j = 0; j < PARTS; j++) fit(values, from + 32 * j, j);
  blocks.fill(0, to, to + Q4_K.bytes);
  setHalfAt(blocks, to, largest(scales) / SIX_BITS);
  setHalfAt(blocks, to + 2, largest(offsets) / SIX_BITS);
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
    const scale = d * s;
    inverses[j] = scale === 0 ? 0 : 1 / scale; // all q are 0
    shifts[j] = e * m * inverses[j];
  }
  for (let j = 0; j < PARTS; j += 2) {
    const [inverseA, shiftA, inverseB, shiftB] = [inverses[j], shifts[j], inverses[j + 1], shifts[j + 1]];
    for (let i = from + 32 * j, at = to + 16 + 16 * j; i < from + 32 * j + 32; i++, at++) {
      blocks[at] = level(values[i] * inverseA + shiftA) | (level(values[i + 32] * inverseB + shiftB) << 4);
    }
  }
}

function largest(numbers: Float64Array): number {
  let most = 0;
  for (let j = 0; j < PARTS; j++) if (numbers[j] > most) most = numbers[j];
  return most;
}

function sixBits(value: number, unit: number): number {
  return unit === 0 ? 0 : nearest(value / unit, 0, SIX_BITS);
}

/** So many steps in a part's range, against 15 of the levels: a little of it may be cut off, or some levels left unused. */
const RANGES = [14, 14.7, 15.4];

/**
 * w ≈ scale · q − offset, offset ≥ 0, with little squared error: the best of the lines of least squares through the q of several
 * ranges, and then of the one through its own q. To `scales` and `offsets` of part j.
 */
function fit(w: Float32Array, from: number, j: number): void {
  let lowest = 0;
  let highest = -Infinity;
  let sum = 0;
  for (let i = from; i < from + 32; i++) {
    const value = w[i];
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
    sum += value;
  }
  const range = highest - lowest;
  scales[j] = range / LEVELS;
  offsets[j] = range === 0 ? 0 : -lowest;
  if (range === 0) return;
  let most = 0;
  for (let k = 0; k < RANGES.length; k++) most = leastSquares(w, from, RANGES[k] / range, -lowest, j, sum, most);
  leastSquares(w, from, 1 / scales[j], offsets[j], j, sum, 0);
}

/**
 * The line through (q, w) for the q of (w + offset) · inverse: Σ (scale · q − offset − w)² least, offset ≥ 0. That is Σ w² less
 * what the line explains; it is taken where it explains more than `most`. @param sumW Σ w. @returns the most.
 */
function leastSquares(
  w: Float32Array, from: number, inverse: number, offset: number, j: number, sumW: number, most: number,
): number {
  const shift = offset * inverse;
  let sumQ = 0;
  let sumQQ = 0;
  let sumQW = 0;
  for (let i = from; i < from + 32; i++) {
    const value = w[i];
    const q = level(value * inverse + shift);
    sumQ += q;
    sumQQ += q * q;
    sumQW += q * value;
  }
  const variance = 32 * sumQQ - sumQ * sumQ;
  if (variance === 0) return most;
  const covariance = 32 * sumQW - sumQ * sumW;
  const slope = covariance / variance;
  const below = (slope * sumQ - sumW) / 32;
  const scale = below < 0 ? sumQW / sumQQ : slope;
  const explained = below < 0 ? sumQW * scale : (sumW * sumW + covariance * slope) / 32;
  if (!(scale > 0 && explained > most)) return most;
  scales[j] = scale;
  offsets[j] = Math.max(below, 0);
  return explained;
}

/** The level nearest to x, ties upwards. Cutting off the fraction is rounding down, but below 0, which becomes 0 all the same. */
function level(x: number): number {
  const q = (x + 0.5) | 0;
  return q > LEVELS ? LEVELS : q < 0 ? 0 : q;
}
