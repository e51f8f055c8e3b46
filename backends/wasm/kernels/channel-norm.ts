/**
 * Unit vectors along an axis that is not the last: x (outer, n, inner) is divided by max(√Σₙ x², 1e-12).
 *
 * The inner positions are done in strips: wide enough that memory is read in long runs (the n rows of a strip lie far
 * apart), narrow enough that its second reading finds it in a near cache. The sums of a strip lie in scratch memory.
 * Unit: one strip. Arguments: 0 y, 1 x, 2 units, 3 units per task, 4 n, 5 inner, 6 gain or 0, 7 scratch.
 */

import { arg, storeLanes, thread } from './job';

const STRIP: u32 = 256;

export function channelNorm(task: u32): void {
  const first = task * arg(3);
  const end = min(first + arg(3), arg(2));
  const inner = arg(5);
  const strips = (inner + STRIP - 1) / STRIP;
  for (let unit = first; unit < end; unit++) {
    const outer = unit / strips;
    const start = (unit - outer * strips) * STRIP;
    const offset = (outer * arg(4) * inner + start) << 2;
    strip(arg(0) + offset, arg(1) + offset, arg(4), inner << 2, min(STRIP, inner - start), arg(7) + thread * (STRIP << 2));
  }
}

function strip(y: usize, x: usize, n: u32, stride: u32, count: u32, sums: usize): void {
  const bytes: usize = count << 2; // the last vector may reach beyond: its surplus lanes are not stored
  for (let i: usize = 0; i < bytes; i += 16) v128.store(sums + i, f32x4.splat(0));
  for (let c: u32 = 0; c < n; c++) {
    const from: usize = x + c * stride;
    for (let i: usize = 0; i < bytes; i += 16) {
      const v = v128.load(from + i);
      v128.store(sums + i, f32x4.add(v128.load(sums + i), f32x4.mul(v, v)));
    }
  }
  for (let i: usize = 0; i < bytes; i += 16) {
    const norms = f32x4.max(f32x4.sqrt(v128.load(sums + i)), f32x4.splat(1e-12));
    v128.store(sums + i, f32x4.div(f32x4.splat(1), norms));
  }
  const whole: usize = (count & ~3) << 2;
  const gains: usize = arg(6);
  for (let c: u32 = 0; c < n; c++) {
    const from: usize = x + c * stride;
    const to: usize = y + c * stride;
    const gain = gains == 0 ? f32x4.splat(1) : v128.load32_splat(gains + (c << 2));
    for (let i: usize = 0; i < whole; i += 16) {
      v128.store(to + i, f32x4.mul(f32x4.mul(v128.load(from + i), v128.load(sums + i)), gain));
    }
    if (whole < bytes) {
      const v = f32x4.mul(f32x4.mul(v128.load(from + whole), v128.load(sums + whole)), gain);
      storeLanes(to + whole, v, count & 3);
    }
  }
}
