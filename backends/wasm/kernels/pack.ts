/**
 * Packs a matrix (R, K) into panels of P = 4 or 8 rows: (R / P, K, P), rows beyond R being zeros.
 *
 * So a register tile (tile.ts) reads both of its operands as one stream each, whichever way they were stored.
 * The source has stride 1 along K (blocks of 4×4 are transposed) or along R (rows of the panel are copied).
 * Unit: one panel. Arguments: 0 target, 1 source, 2 units, 3 units per task, 4 panels per matrix, 5 R, 6 K,
 * 7 stride along R, 8 along K, 9 from matrix to matrix, 10 P. Strides in bytes.
 */

import { arg, lanesBelow } from './job';
import { transpose4x4 } from './transpose';

export function pack(task: u32): void {
  const first = task * arg(3);
  const end = min(first + arg(3), arg(2));
  const width = arg(10);
  for (let unit = first; unit < end; unit++) {
    const matrix = unit / arg(4);
    const start = (unit - matrix * arg(4)) * width;
    const to: usize = arg(0) + unit * arg(6) * (width << 2);
    packPanel(to, arg(1) + matrix * arg(9) + start * arg(7), arg(7), arg(8), min(width, arg(5) - start), arg(6), width);
  }
}

/** One panel of `width` rows, of which `rows` are there; strides as above. */
export function packPanel(to: usize, from: usize, alongR: u32, alongK: u32, rows: u32, depth: u32, width: u32): void {
  if (alongK == 4) packTransposed(to, from, alongR, rows, depth, width);
  else packCopied(to, from, alongK, rows, depth, width);
}

function packTransposed(to: usize, from: usize, stride: u32, rows: u32, depth: u32, width: u32): void {
  const whole = rows == width ? depth & ~3 : 0;
  for (let k: u32 = 0; k < whole; k += 4) {
    for (let r: u32 = 0; r < width; r += 4) {
      transpose4x4(to + ((k * width + r) << 2), from + r * stride + (k << 2), width << 2, stride);
    }
  }
  for (let k = whole; k < depth; k++) {
    for (let r: u32 = 0; r < width; r++) {
      f32.store(to + ((k * width + r) << 2), r < rows ? f32.load(from + r * stride + (k << 2)) : 0);
    }
  }
}

function packCopied(to: usize, from: usize, stride: u32, rows: u32, depth: u32, width: u32): void {
  const low = lanesBelow(rows);
  const high = lanesBelow(i32(rows) - 4);
  for (let k: u32 = 0; k < depth; k++) {
    v128.store(to, v128.and(low, v128.load(from)));
    if (width == 8) v128.store(to, v128.and(high, v128.load(from, 16)), 16);
    to += width << 2;
    from += stride;
  }
}
