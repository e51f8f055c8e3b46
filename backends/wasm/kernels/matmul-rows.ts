/**
 * C = A · B + bias for few rows, nothing packed: B stored row by row (K, N), A either way.
 *
 * For each k, a row of B is multiplied by one element of A and added to a row of C, of which 2 × 16 elements stay in
 * registers while k runs; 16 columns are one cache line of B.
 * Task: 64 columns of one matrix. Arguments: 0 C, 1 A, 2 B, 3 M, 4 N, 5 K, 6 from matrix to matrix in A, 7 in B (0: one
 * for all), 8 bias (N) or 0, 9 column blocks, 10 stride of A along M, 11 along K. Strides in bytes.
 */

import { arg, storeLanes } from './job';

export const COLUMNS: u32 = 64;

export function matmulRows(task: u32): void {
  const matrix = task / arg(9);
  const start = (task - matrix * arg(9)) * COLUMNS;
  const rows = arg(3);
  const columns = arg(4);
  const stride = columns << 2;
  const end = min(start + COLUMNS, columns);
  const a: usize = arg(1) + matrix * arg(6);
  const b: usize = arg(2) + matrix * arg(7);
  const c: usize = arg(0) + ((matrix * rows * columns) << 2);
  let j = start;
  for (; j + 16 <= end; j += 16) {
    let i: u32 = 0;
    for (; i + 2 <= rows; i += 2) rows2x16(a + i * arg(10), b + (j << 2), stride, c + i * stride + (j << 2), j);
    if (i < rows) rows1x16(a + i * arg(10), b + (j << 2), stride, c + i * stride + (j << 2), j);
  }
  for (; j < end; j += 4) {
    for (let i: u32 = 0; i < rows; i++) {
      rows1x4(a + i * arg(10), b + (j << 2), stride, c + i * stride + (j << 2), j, min(4, end - j));
    }
  }
}

// @ts-ignore: decorator
@inline
function bias(column: u32): v128 {
  return arg(8) == 0 ? f32x4.splat(0) : v128.load(arg(8) + (column << 2));
}

function rows2x16(a: usize, b: usize, stride: u32, c: usize, column: u32): void {
  const stepA = arg(11);
  let other: usize = a + arg(10);
  let c00 = f32x4.splat(0);
  let c01 = c00, c02 = c00, c03 = c00, c10 = c00, c11 = c00, c12 = c00, c13 = c00;
  for (let k = arg(5); k > 0; k--) {
    const x = v128.load32_splat(a);
    const y = v128.load32_splat(other);
    let w = v128.load(b);
    c00 = f32x4.add(c00, f32x4.mul(x, w));
    c10 = f32x4.add(c10, f32x4.mul(y, w));
    w = v128.load(b, 16);
    c01 = f32x4.add(c01, f32x4.mul(x, w));
    c11 = f32x4.add(c11, f32x4.mul(y, w));
    w = v128.load(b, 32);
    c02 = f32x4.add(c02, f32x4.mul(x, w));
    c12 = f32x4.add(c12, f32x4.mul(y, w));
    w = v128.load(b, 48);
    c03 = f32x4.add(c03, f32x4.mul(x, w));
    c13 = f32x4.add(c13, f32x4.mul(y, w));
    a += stepA;
    other += stepA;
    b += stride;
  }
  store16(c, c00, c01, c02, c03, column);
  store16(c + stride, c10, c11, c12, c13, column);
}

function rows1x16(a: usize, b: usize, stride: u32, c: usize, column: u32): void {
  const stepA = arg(11);
  let c0 = f32x4.splat(0);
  let c1 = c0, c2 = c0, c3 = c0;
  for (let k = arg(5); k > 0; k--) {
    const x = v128.load32_splat(a);
    c0 = f32x4.add(c0, f32x4.mul(x, v128.load(b)));
    c1 = f32x4.add(c1, f32x4.mul(x, v128.load(b, 16)));
    c2 = f32x4.add(c2, f32x4.mul(x, v128.load(b, 32)));
    c3 = f32x4.add(c3, f32x4.mul(x, v128.load(b, 48)));
    a += stepA;
    b += stride;
  }
  store16(c, c0, c1, c2, c3, column);
}

function rows1x4(a: usize, b: usize, stride: u32, c: usize, column: u32, count: u32): void {
  const stepA = arg(11);
  let sum = bias(column);
  for (let k = arg(5); k > 0; k--) {
    sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(a), v128.load(b)));
    a += stepA;
    b += stride;
  }
  storeLanes(c, sum, count);
}

// @ts-ignore: decorator
@inline
function store16(c: usize, c0: v128, c1: v128, c2: v128, c3: v128, column: u32): void {
  v128.store(c, f32x4.add(c0, bias(column)));
  v128.store(c, f32x4.add(c1, bias(column + 4)), 16);
  v128.store(c, f32x4.add(c2, bias(column + 8)), 32);
  v128.store(c, f32x4.add(c3, bias(column + 12)), 48);
}
