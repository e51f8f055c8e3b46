/**
 * Sums along one axis, kept in doubles: x (outer, n, inner) → (outer, inner).
 *
 * Unit: four neighbouring inner positions of one outer index. Arguments: 0 y, 1 x, 2 units, 3 units per task, 4 n,
 * 5 inner.
 */

import { arg, lanesBelow, storeLanes } from './job';

export function sum(task: u32): void {
  const first = task * arg(3);
  const end = min(first + arg(3), arg(2));
  const n = arg(4);
  const inner = arg(5);
  const groups = (inner + 3) >> 2;
  for (let unit = first; unit < end; unit++) {
    const outer = unit / groups;
    const start = (unit - outer * groups) << 2;
    const y: usize = arg(0) + ((outer * inner + start) << 2);
    const x: usize = arg(1) + ((outer * n * inner + start) << 2);
    if (inner == 1) sumRow(y, x, n);
    else sumColumns(y, x, n, inner << 2, min(4, inner - start));
  }
}

function sumRow(y: usize, x: usize, n: u32): void {
  let even = f64x2.splat(0);
  let odd = f64x2.splat(0);
  const whole: usize = (n & ~3) << 2;
  for (let i: usize = 0; i < whole; i += 16) {
    const v = v128.load(x + i);
    even = f64x2.add(even, f64x2.promote_low_f32x4(v));
    odd = f64x2.add(odd, f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 0)));
  }
  if ((n & 3) > 0) {
    const v = v128.and(lanesBelow(n & 3), v128.load(x + whole));
    even = f64x2.add(even, f64x2.promote_low_f32x4(v));
    odd = f64x2.add(odd, f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 0)));
  }
  const both = f64x2.add(even, odd);
  f32.store(y, f32(f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1)));
}

function sumColumns(y: usize, x: usize, n: u32, stride: u32, count: u32): void {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let i: u32 = 0; i < n; i++) {
    const v = v128.load(x);
    low = f64x2.add(low, f64x2.promote_low_f32x4(v));
    high = f64x2.add(high, f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 0)));
    x += stride;
  }
  const sums = i64x2.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
  storeLanes(y, sums, count);
}
