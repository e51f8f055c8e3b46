/**
 * Packs a matrix (R, K) into panels of P = 4 or 8 rows: (R / P, K, P), rows beyond R being zeros.
 *
 * So a register tile (tile.ts) reads both of its operands as one stream each, whichever way they were stored.
 * The source has stride 1 along K (blocks of 4×4 are transposed) or along R (rows of the panel are copied).
 * Unit: one panel. Arguments: 0 target, 1 source, 2 units, 3 units per task, 4 panels per matrix, 5 R, 6 K,
 * 7 stride along R, 8 along K, 9 from matrix to matrix, 10 P, 11 type (widen.ts), 12 scratch for P rows of 16 bits, 13 its bytes
 * per thread. Strides in bytes, of float32; a matrix of 16 bits has stride 1 along K.
 */

import { arg, lanesBelow, thread } from './job';
import { transpose4x4 } from './transpose';
import { FLOAT, widenRow } from './widen';

export function pack(task: u32): void {
  const first = task * arg(3);
  const end = min(first + arg(3), arg(2));
  const width = arg(10);
  for (let unit = first; unit < end; unit++) {
    const matrix = unit / arg(4);
    const start = (unit - matrix * arg(4)) * width;
    const to: usize = arg(0) + unit * arg(6) * (width << 2);
    const from: usize = arg(1) + matrix * arg(9) + start * arg(7);
    const rows = min(width, arg(5) - start);
    if (arg(11) != FLOAT) {
      const stride = arg(13) / width;
      const scratch: usize = arg(12) + thread * arg(13);
      for (let r: u32 = 0; r < rows; r++) widenRow(scratch + r * stride, from - ((from - arg(1)) >> 1) + r * (arg(7) >> 1), arg(6), arg(11));
      packTransposed(to, scratch, stride, rows, arg(6), width);
    } else if (arg(8) == 4) packTransposed(to, from, arg(7), rows, arg(6), width);
    else packCopied(to, from, arg(8), rows, arg(6), width);
  }
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
