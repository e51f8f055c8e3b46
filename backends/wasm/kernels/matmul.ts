/**
 * C = A · B + bias for many rows, both operands packed before (pack.ts): A in panels of 4 rows, B of 8 columns.
 *
 * Blocking: a task is 64 rows × 128 columns of C. K runs in blocks of 256: a panel of B (8 KiB) stays in the first cache
 * while the 64 rows of A (64 KiB, second cache) pass by. C itself holds the sums between blocks of K.
 * Arguments: 0 C, 1 A packed, 2 B packed, 3 M, 4 N, 5 K, 6 packed A from matrix to matrix, 7 packed B likewise (0: one
 * for all), 8 bias (N) or 0, 9 row blocks, 10 column blocks, 11 scratch, a tile per thread. Strides in bytes.
 */

import { ZEROS, arg, thread } from './job';
import { tiles } from './tile';

export const ROWS: u32 = 64;
export const COLUMNS: u32 = 128;
const DEPTH: u32 = 256;

export function matmul(task: u32): void {
  const blocks = arg(9) * arg(10);
  const matrix = task / blocks;
  const block = task - matrix * blocks;
  const i0 = (block / arg(10)) * ROWS;
  const j0 = (block % arg(10)) * COLUMNS;
  const i1 = min(i0 + ROWS, arg(3));
  const j1 = min(j0 + COLUMNS, arg(4));
  const n = arg(4);
  const depth = arg(5);
  const c: usize = arg(0) + ((matrix * arg(3) * n) << 2);
  const a: usize = arg(1) + matrix * arg(6);
  const b: usize = arg(2) + matrix * arg(7);
  const bias: usize = arg(8);
  let k: u32 = 0;
  do {
    const run = min(DEPTH, depth - k);
    for (let j = j0; j < j1; j += 8) {
      const panelB: usize = b + ((j * depth + k * 8) << 2);
      const start: usize = bias == 0 ? ZEROS : bias + (j << 2);
      const whole = j + 8 <= j1 ? (i1 - i0) >> 2 : 0;
      const first: usize = c + ((i0 * n + j) << 2);
      if (k == 0) tiles(a + ((i0 * depth) << 2), depth << 4, panelB, run, first, n << 2, start, 0, 0, whole);
      else tiles(a + ((i0 * depth + k * 4) << 2), depth << 4, panelB, run, first, n << 2, first, n << 2, n << 4, whole);
      for (let i = i0 + (whole << 2); i < i1; i += 4) {
        const panelA: usize = a + ((i * depth + k * 4) << 2);
        edge(panelA, panelB, run, c + ((i * n + j) << 2), n << 2, k == 0 ? start : 0, min(4, i1 - i), min(8, j1 - j));
      }
    }
    k += DEPTH;
  } while (k < depth);
}

/** A tile that sticks out of C is made in scratch memory. `start` is 0 when the sums so far are in C. */
function edge(a: usize, b: usize, depth: u32, c: usize, stride: u32, start: usize, rows: u32, columns: u32): void {
  const whole: usize = arg(11) + (thread << 7);
  tiles(a, 0, b, depth, whole, 32, ZEROS, 0, 0, 1);
  for (let i: u32 = 0; i < rows; i++) {
    for (let j: usize = 0; j < columns << 2; j += 4) {
      const to: usize = c + i * stride + j;
      f32.store(to, f32.load(whole + (i << 5) + j) + (start == 0 ? f32.load(to) : f32.load(start + j)));
    }
  }
}
