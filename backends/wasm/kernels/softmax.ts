/**
 * Softmax of rows: y = exp(x − max x) / Σ exp(x − max x).
 *
 * Task: some rows. Arguments: 0 y, 1 x, 2 rows, 3 rows per task, 4 length of a row.
 */

import { exp } from './exp';
import { arg, lanesBelow, storeLanes, sumLanes } from './job';

export function softmax(task: u32): void {
  const first = task * arg(3);
  const end = min(first + arg(3), arg(2));
  const length = arg(4);
  for (let row = first; row < end; row++) {
    const offset = (row * length) << 2;
    softmaxRow(arg(0) + offset, arg(1) + offset, length);
  }
}

function softmaxRow(y: usize, x: usize, length: u32): void {
  const whole: usize = (length & ~3) << 2; // bytes
  const rest = length & 3;
  const used = lanesBelow(rest);
  let largest = f32x4.splat(-Infinity);
  for (let i: usize = 0; i < whole; i += 16) largest = f32x4.pmax(largest, v128.load(x + i));
  if (rest > 0) largest = f32x4.pmax(largest, v128.bitselect(v128.load(x + whole), f32x4.splat(-Infinity), used));
  largest = f32x4.pmax(largest, i32x4.shuffle(largest, largest, 2, 3, 0, 1));
  largest = f32x4.pmax(largest, i32x4.shuffle(largest, largest, 1, 0, 3, 2));

  let total = f32x4.splat(0);
  let i: usize = 0;
  for (; i + 32 <= whole; i += 32) {
    const left = exp(f32x4.sub(v128.load(x + i), largest)); // two at a time, as in unary.ts
    const right = exp(f32x4.sub(v128.load(x + i, 16), largest));
    total = f32x4.add(total, f32x4.add(left, right));
    v128.store(y + i, left);
    v128.store(y + i, right, 16);
  }
  if (i < whole) {
    const e = exp(f32x4.sub(v128.load(x + i), largest));
    total = f32x4.add(total, e);
    v128.store(y + i, e);
  }
  if (rest > 0) {
    const e = v128.and(used, exp(f32x4.sub(v128.load(x + whole), largest)));
    total = f32x4.add(total, e);
    storeLanes(y + whole, e, rest);
  }

  const factor = f32x4.splat(1 / sumLanes(total));
  for (let i: usize = 0; i < whole; i += 16) v128.store(y + i, f32x4.mul(v128.load(y + i), factor));
  if (rest > 0) storeLanes(y + whole, f32x4.mul(v128.load(y + whole), factor), rest);
}
