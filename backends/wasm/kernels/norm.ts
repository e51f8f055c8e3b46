/**
 * Norms of rows: y = x · factor(Σ x²) · weight, where
 *
 *   factor = 1 / √(Σ x² / length + ε)     root mean square
 *   factor = 1 / max(√Σ x², 1e-12)        unit vectors
 *
 * Task: some rows. Arguments: 0 y, 1 x, 2 rows, 3 rows per task, 4 length of a row, 5 weight or 0, 6 ε,
 * 7 whether unit vectors.
 */

import { arg, lanesBelow, realArg, storeLanes, sumLanes } from './job';

export function norm(task: u32): void {
  const first = task * arg(3);
  const end = min(first + arg(3), arg(2));
  const length = arg(4);
  for (let row = first; row < end; row++) {
    const offset = (row * length) << 2;
    normRow(arg(0) + offset, arg(1) + offset, arg(5), length);
  }
}

function normRow(y: usize, x: usize, weight: usize, length: u32): void {
  const whole: usize = (length & ~3) << 2; // bytes
  const rest = length & 3;
  let squares = f32x4.splat(0);
  for (let i: usize = 0; i < whole; i += 16) {
    const v = v128.load(x + i);
    squares = f32x4.add(squares, f32x4.mul(v, v));
  }
  if (rest > 0) {
    const v = v128.and(lanesBelow(rest), v128.load(x + whole));
    squares = f32x4.add(squares, f32x4.mul(v, v));
  }
  const total = sumLanes(squares);
  const divisor = arg(7) != 0 ? max(sqrt(total), <f32>1e-12) : sqrt(total / f32(length) + realArg(6));
  const factor = f32x4.splat(1 / divisor);
  for (let i: usize = 0; i < whole; i += 16) {
    const v = f32x4.mul(v128.load(x + i), factor);
    v128.store(y + i, weight == 0 ? v : f32x4.mul(v, v128.load(weight + i)));
  }
  if (rest > 0) {
    const v = f32x4.mul(v128.load(x + whole), factor);
    storeLanes(y + whole, weight == 0 ? v : f32x4.mul(v, v128.load(weight + whole)), rest);
  }
}
