/**
 * Permutations that move the last axis: y[…, i, …, j] = x[…, j, …, i], where i has stride 1 in x and j in y.
 *
 * Blocks of 4×4 are transposed in registers; two rows that become pairs are interleaved. A unit is some neighbours along
 * i, 16 of them a whole cache line of x, times all of j.
 * Task: some units. Arguments: 0 y, 1 x, 2 units, 3 units per task, 4 extent i, 5 extent j, 6 stride of i in y,
 * 7 stride of j in x; then the other axes, as in walk.ts: 8 their number plus 1, from 12 on per axis extent, stride in x,
 * in y; 9 neighbours per unit.
 */

import { arg } from './job';
import { rowOffset } from './walk';

export function transpose(task: u32): void {
  const first = task * arg(3);
  const end = min(first + arg(3), arg(2));
  const extentI = arg(4);
  const block = arg(9);
  const blocks = (extentI + block - 1) / block;
  for (let unit = first; unit < end; unit++) {
    const other = unit / blocks;
    const start = (unit - other * blocks) * block;
    const x: usize = arg(1) + ((rowOffset(other, false) + start) << 2);
    const y: usize = arg(0) + ((rowOffset(other, true) + start * arg(6)) << 2);
    panel(y, x, min(block, extentI - start), arg(5), arg(6) << 2, arg(7) << 2);
  }
}

function panel(y: usize, x: usize, countI: u32, countJ: u32, strideY: u32, strideX: u32): void {
  if (countJ == 2 && strideY == 8) return interleave(y, x, x + strideX, countI);
  let j: u32 = 0;
  for (; j + 4 <= countJ; j += 4) {
    let i: u32 = 0;
    for (; i + 4 <= countI; i += 4) transpose4x4(y + i * strideY + (j << 2), x + j * strideX + (i << 2), strideY, strideX);
    if (i < countI) single(y, x, i, countI, j, j + 4, strideY, strideX);
  }
  if (j < countJ) single(y, x, 0, countI, j, countJ, strideY, strideX);
}

/** a₀ b₀ a₁ b₁ … */
function interleave(y: usize, a: usize, b: usize, count: u32): void {
  for (; count >= 4; count -= 4) {
    const left = v128.load(a);
    const right = v128.load(b);
    v128.store(y, i32x4.shuffle(left, right, 0, 4, 1, 5));
    v128.store(y, i32x4.shuffle(left, right, 2, 6, 3, 7), 16);
    a += 16;
    b += 16;
    y += 32;
  }
  single(y, a, 0, count, 0, 2, 8, b - a);
}

// @ts-ignore: decorator
@inline
function single(y: usize, x: usize, i0: u32, i1: u32, j0: u32, j1: u32, strideY: u32, strideX: u32): void {
  for (let i = i0; i < i1; i++) {
    for (let j = j0; j < j1; j++) f32.store(y + i * strideY + (j << 2), f32.load(x + j * strideX + (i << 2)));
  }
}

/** Four rows from `x` become four columns at `y`; strides in bytes. */
// @ts-ignore: decorator
@inline
export function transpose4x4(y: usize, x: usize, strideY: u32, strideX: u32): void {
  const a = v128.load(x);
  const b = v128.load(x + strideX);
  const c = v128.load(x + 2 * strideX);
  const d = v128.load(x + 3 * strideX);
  const ab01 = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const ab23 = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cd01 = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const cd23 = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(y, i64x2.shuffle(ab01, cd01, 0, 2));
  v128.store(y + strideY, i64x2.shuffle(ab01, cd01, 1, 3));
  v128.store(y + 2 * strideY, i64x2.shuffle(ab23, cd23, 0, 2));
  v128.store(y + 3 * strideY, i64x2.shuffle(ab23, cd23, 1, 3));
}
