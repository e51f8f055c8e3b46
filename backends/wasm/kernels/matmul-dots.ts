/**
 * C = A · Bᵀ + bias for few rows, nothing packed: both operands are stored along K, so every element of C is a dot
 * product of two contiguous rows, and four lanes of it grow at a time.
 *
 * This is how few queries meet their keys: B is read once, from memory, and A stays in the first cache.
 * 2 rows × 4 columns share their loads: 6 for 8 multiplications and 8 additions.
 * Task: 32 columns of one matrix. Arguments: 0 C, 1 A, 2 B, 3 M, 4 N, 5 K, 6 from matrix to matrix in A, 7 in B (0: one
 * for all), 8 bias (N) or 0, 9 column blocks. Strides in bytes.
 */

import { arg, lanesBelow, storeLanes, sumsOfLanes } from './job';

export const COLUMNS: u32 = 32;

export function matmulDots(task: u32): void {
  const matrix = task / arg(9);
  const start = (task - matrix * arg(9)) * COLUMNS;
  const rows = arg(3);
  const columns = arg(4);
  const depth = arg(5);
  const end = min(start + COLUMNS, columns);
  const stride = depth << 2;
  const a: usize = arg(1) + matrix * arg(6);
  const b: usize = arg(2) + matrix * arg(7);
  const c: usize = arg(0) + ((matrix * rows * columns) << 2);
  for (let j = start; j < end; j += 4) {
    // Columns beyond the last repeat it, and are not stored.
    const b0: usize = b + j * stride;
    const b1: usize = b + min(j + 1, columns - 1) * stride;
    const b2: usize = b + min(j + 2, columns - 1) * stride;
    const b3: usize = b + min(j + 3, columns - 1) * stride;
    const bias = arg(8) == 0 ? f32x4.splat(0) : v128.load(arg(8) + (j << 2));
    const count = min(4, columns - j);
    let i: u32 = 0;
    for (; i + 2 <= rows; i += 2) {
      const to: usize = c + ((i * columns + j) << 2);
      dots2x4(a + i * stride, stride, b0, b1, b2, b3, depth, to, columns << 2, bias, count);
    }
    if (i < rows) dots1x4(a + i * stride, b0, b1, b2, b3, depth, c + ((i * columns + j) << 2), bias, count);
  }
}

function dots2x4(
  a0: usize, stride: u32, b0: usize, b1: usize, b2: usize, b3: usize, depth: u32, c: usize, strideC: u32, bias: v128, count: u32,
): void {
  let a1: usize = a0 + stride;
  let c00 = f32x4.splat(0);
  let c01 = c00, c02 = c00, c03 = c00, c10 = c00, c11 = c00, c12 = c00, c13 = c00;
  const end: usize = a0 + ((depth & ~3) << 2);
  while (a0 < end) {
    const x = v128.load(a0);
    const y = v128.load(a1);
    let w = v128.load(b0);
    c00 = f32x4.add(c00, f32x4.mul(x, w));
    c10 = f32x4.add(c10, f32x4.mul(y, w));
    w = v128.load(b1);
    c01 = f32x4.add(c01, f32x4.mul(x, w));
    c11 = f32x4.add(c11, f32x4.mul(y, w));
    w = v128.load(b2);
    c02 = f32x4.add(c02, f32x4.mul(x, w));
    c12 = f32x4.add(c12, f32x4.mul(y, w));
    w = v128.load(b3);
    c03 = f32x4.add(c03, f32x4.mul(x, w));
    c13 = f32x4.add(c13, f32x4.mul(y, w));
    a0 += 16;
    a1 += 16;
    b0 += 16;
    b1 += 16;
    b2 += 16;
    b3 += 16;
  }
  if ((depth & 3) > 0) {
    // What lies beyond the rows may be anything, even not a number: both factors are masked.
    const used = lanesBelow(depth & 3);
    const x = v128.and(used, v128.load(a0));
    const y = v128.and(used, v128.load(a1));
    let w = v128.and(used, v128.load(b0));
    c00 = f32x4.add(c00, f32x4.mul(x, w));
    c10 = f32x4.add(c10, f32x4.mul(y, w));
    w = v128.and(used, v128.load(b1));
    c01 = f32x4.add(c01, f32x4.mul(x, w));
    c11 = f32x4.add(c11, f32x4.mul(y, w));
    w = v128.and(used, v128.load(b2));
    c02 = f32x4.add(c02, f32x4.mul(x, w));
    c12 = f32x4.add(c12, f32x4.mul(y, w));
    w = v128.and(used, v128.load(b3));
    c03 = f32x4.add(c03, f32x4.mul(x, w));
    c13 = f32x4.add(c13, f32x4.mul(y, w));
  }
  storeLanes(c, f32x4.add(sumsOfLanes(c00, c01, c02, c03), bias), count);
  storeLanes(c + strideC, f32x4.add(sumsOfLanes(c10, c11, c12, c13), bias), count);
}

function dots1x4(
  a0: usize, b0: usize, b1: usize, b2: usize, b3: usize, depth: u32, c: usize, bias: v128, count: u32,
): void {
  let c0 = f32x4.splat(0);
  let c1 = c0, c2 = c0, c3 = c0;
  const end: usize = a0 + ((depth & ~3) << 2);
  while (a0 < end) {
    const x = v128.load(a0);
    c0 = f32x4.add(c0, f32x4.mul(x, v128.load(b0)));
    c1 = f32x4.add(c1, f32x4.mul(x, v128.load(b1)));
    c2 = f32x4.add(c2, f32x4.mul(x, v128.load(b2)));
    c3 = f32x4.add(c3, f32x4.mul(x, v128.load(b3)));
    a0 += 16;
    b0 += 16;
    b1 += 16;
    b2 += 16;
    b3 += 16;
  }
  if ((depth & 3) > 0) {
    const used = lanesBelow(depth & 3);
    const x = v128.and(used, v128.load(a0));
    c0 = f32x4.add(c0, f32x4.mul(x, v128.and(used, v128.load(b0))));
    c1 = f32x4.add(c1, f32x4.mul(x, v128.and(used, v128.load(b1))));
    c2 = f32x4.add(c2, f32x4.mul(x, v128.and(used, v128.load(b2))));
    c3 = f32x4.add(c3, f32x4.mul(x, v128.and(used, v128.load(b3))));
  }
  storeLanes(c, f32x4.add(sumsOfLanes(c0, c1, c2, c3), bias), count);
}
