/**
 * Resizes one axis: x (outer, n, inner) → (outer, m, inner), every output a weighted mean of neighbouring inputs.
 *
 * The windows are tables of the caller: output i is made of inputs first[i] …, with weights from[i] to from[i + 1] − 1.
 * Unit: one row of outputs (inner). Arguments: 0 y, 1 x, 2 units, 3 units per task, 4 n, 5 m, 6 inner,
 * 7 first (m), 8 from (m + 1), 9 weights.
 */

import { arg, storeLanes } from './job';

export function resample(task: u32): void {
  const begin = task * arg(3);
  const end = min(begin + arg(3), arg(2));
  const inner = arg(6);
  for (let unit = begin; unit < end; unit++) {
    const outer = unit / arg(5);
    const i = (unit - outer * arg(5)) << 2;
    const from = load<u32>(arg(8) + i);
    const count = load<u32>(arg(8) + i, 4) - from;
    const x: usize = arg(1) + (((outer * arg(4) + load<u32>(arg(7) + i)) * inner) << 2);
    resampleRow(arg(0) + ((unit * inner) << 2), x, arg(9) + (from << 2), count, inner);
  }
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
