/**
 * Rows of blocks of quantized weights (N, K) → strips of eight rows. A block is a whole number of units of 16 bits, scales or pairs of
 * weights. In a strip, unit u of all eight rows lies together: a vector holds the same of eight outputs (block-tile.ts). Of each 256
 * along K, or what is left of it, scales come first and then weights, as they are wanted, so that memory is read from one end to the
 * other; q4_K has them so anyway. Rows beyond N are zeros.
 *
 * Task: a strip. Arguments: 0 target, 1 source, 2 N, 3 blocks in a row, 4 units of scales that are moved in front (1 or 0), 5 U.
 */

import { arg } from './job';

export function interleave(task: u32): void {
  const blocks = arg(3);
  const block = arg(4) + arg(5);
  const stride: usize = (blocks * block) << 1;
  const from: usize = arg(1) + 8 * task * stride;
  const to: usize = arg(0) + 8 * task * stride;
  const rows = min(8, arg(2) - 8 * task);
  for (let b: u32 = 0; b < blocks; b++) {
    const first = b & ~7;
    const scales = arg(4) * (first * block + (b & 7));
    const weights = first * block + arg(4) * min(8, blocks - first) + (b & 7) * arg(5);
    const at: usize = from + ((b * block) << 1);
    if (arg(4) > 0) units(to + (scales << 4), at, stride, rows, 1);
    units(to + (weights << 4), at + (arg(4) << 1), stride, rows, arg(5));
  }
}

/** So many units of up to eight rows. */
function units(to: usize, from: usize, stride: usize, rows: u32, count: u32): void {
  const whole = rows == 8 ? count & ~7 : 0;
  for (let u: u32 = 0; u < whole; u += 8) transpose8x8(to + (u << 4), from + (u << 1), stride);
  for (let u = whole; u < count; u++) {
    for (let r: u32 = 0; r < 8; r++) {
      store<u16>(to + (u << 4) + (r << 1), r < rows ? load<u16>(from + r * stride + (u << 1)) : 0);
    }
  }
}

/** Eight units of eight rows. */
// @ts-ignore: decorator
@inline
function transpose8x8(to: usize, from: usize, stride: usize): void {
  for (let half: usize = 0; half < 16; half += 8) {
    const rows: usize = from + half;
    const ac = pairs(rows, rows + 2 * stride); // units 0 to 3 of rows 0 and 2 by turns
    const bd = pairs(rows + stride, rows + 3 * stride);
    const eg = pairs(rows + 4 * stride, rows + 6 * stride);
    const fh = pairs(rows + 5 * stride, rows + 7 * stride);
    const at: usize = to + (half << 3);
    four(at, i16x8.shuffle(ac, bd, 0, 8, 1, 9, 2, 10, 3, 11), i16x8.shuffle(eg, fh, 0, 8, 1, 9, 2, 10, 3, 11));
    four(at + 32, i16x8.shuffle(ac, bd, 4, 12, 5, 13, 6, 14, 7, 15), i16x8.shuffle(eg, fh, 4, 12, 5, 13, 6, 14, 7, 15));
  }
}

// @ts-ignore: decorator
@inline
function pairs(a: usize, b: usize): v128 {
  return i16x8.shuffle(v128.load64_zero(a), v128.load64_zero(b), 0, 8, 1, 9, 2, 10, 3, 11);
}

/** Two units of rows 0 to 3 and of rows 4 to 7, one after the other. */
// @ts-ignore: decorator
@inline
function four(to: usize, low: v128, high: v128): void {
  v128.store(to, i64x2.shuffle(low, high, 0, 2));
  v128.store(to, i64x2.shuffle(low, high, 1, 3), 16);
}
