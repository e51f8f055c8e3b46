/**
 * Resizes one axis: x (outer, n, inner) → (outer, m, inner), every output a weighted mean of neighbouring inputs.
 *
 * The windows are tables of the caller: output i is made of inputs first[i] …, with weights from[i] to from[i + 1] − 1.
 * Unit: one row of outputs (inner). Arguments: 0 y, 1 x, 2 units, 3 units per task, 4 n, 5 m, 6 inner,
 * 7 first (m), 8 from (m + 1), 9 weights, 10 whether every output is one input.
 */

import { arg, storeLanes } from './job';

export function resample(task: u32): void {
  const begin = task * arg(3);
  const end = min(begin + arg(3), arg(2));
  const inner = arg(6);
  if (inner == 1 && arg(10) != 0) return pick(begin, end);
  let outer = begin / arg(5);
  let i = begin - outer * arg(5);
  for (let unit = begin; unit < end; unit++) {
    const from = load<u32>(arg(8) + (i << 2));
    const count = load<u32>(arg(8) + (i << 2), 4) - from;
    const x: usize = arg(1) + (((outer * arg(4) + load<u32>(arg(7) + (i << 2))) * inner) << 2);
    const y: usize = arg(0) + ((unit * inner) << 2);
    if (count == 1) weightRow(y, x, v128.load32_splat(arg(9) + (from << 2)), inner);
    else resampleRow(y, x, arg(9) + (from << 2), count, inner);
    if (++i < arg(5)) continue;
    i = 0;
    outer++;
  }
}

/** Single numbers of single numbers; zero is added as below. */
function pick(begin: u32, end: u32): void {
  let i = begin % arg(5);
  let row: usize = arg(1) + (((begin / arg(5)) * arg(4)) << 2);
  const last: usize = arg(0) + (end << 2);
  for (let y: usize = arg(0) + (begin << 2); y < last; y += 4) {
    f32.store(y, f32.load(row + (load<u32>(arg(7) + (i << 2)) << 2)) + 0);
    if (++i < arg(5)) continue;
    i = 0;
    row += arg(4) << 2;
  }
}

/** A window of one input: zero is added as to longer ones, which decides the sign of a zero. */
// @ts-ignore: decorator
@inline
function weightRow(y: usize, x: usize, weight: v128, left: u32): void {
  for (; left >= 4; left -= 4) {
    v128.store(y, f32x4.add(f32x4.mul(v128.load(x), weight), f32x4.splat(0)));
    y += 16;
    x += 16;
  }
  if (left > 0) storeLanes(y, f32x4.add(f32x4.mul(v128.load(x), weight), f32x4.splat(0)), left);
}

function resampleRow(y: usize, x: usize, weights: usize, count: u32, inner: u32): void {
  for (let left = inner; left > 0; left -= min(left, 4)) {
    let mean = f32x4.splat(0);
    for (let w: u32 = 0; w < count; w++) {
      mean = f32x4.add(mean, f32x4.mul(v128.load(x + ((w * inner) << 2)), v128.load32_splat(weights + (w << 2))));
    }
    storeLanes(y, mean, left);
    y += 16;
    x += 16;
  }
}
