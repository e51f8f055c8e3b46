/**
 * The weights of a 3×3 convolution for winograd.ts: U = G g Gᵀ for every kernel g, 16 numbers from 9, where
 *
 *   G = [1 0 0; ½ ½ ½; ½ −½ ½; 0 0 1].
 *
 * They make 16 matrices (outputs, kt × channels), packed in panels of 4 outputs (pack.ts), of which those beyond the last
 * are not used. Task: one panel.
 * Arguments: 0 U, 1 weights (O, C, kt, 3, 3), 2 O, 3 C, 4 kt, 5 bytes from matrix to matrix.
 */

import { arg } from './job';

export function winogradWeights(task: u32): void {
  const channels = arg(3);
  const frames = arg(4);
  const row = channels * frames * 36; // of one output, in bytes
  const last = min(3, arg(2) - 1 - (task << 2));
  const from: usize = arg(1) + (task << 2) * row;
  let to: usize = arg(0) + ((task * channels * frames) << 4);
  for (let dt: u32 = 0; dt < frames; dt++) {
    for (let c: u32 = 0; c < channels; c++) {
      fourKernels(to, from + (c * frames + dt) * 36, min(1, last) * row, min(2, last) * row, last * row);
      to += 16;
    }
  }
}

/** Those of four outputs, `row1` … bytes apart. */
function fourKernels(to: usize, from: usize, row1: usize, row2: usize, row3: usize): void {
  const half = f32x4.splat(0.5);
  const g0 = gather(from, row1, row2, row3);
  const g1 = gather(from + 4, row1, row2, row3);
  const g2 = gather(from + 8, row1, row2, row3);
  const m0 = f32x4.mul(half, gather(from + 12, row1, row2, row3));
  const m1 = f32x4.mul(half, gather(from + 16, row1, row2, row3));
  const m2 = f32x4.mul(half, gather(from + 20, row1, row2, row3));
  const l0 = gather(from + 24, row1, row2, row3);
  const l1 = gather(from + 28, row1, row2, row3);
  const l2 = gather(from + 32, row1, row2, row3);
  const s0 = f32x4.mul(half, f32x4.add(g0, l0));
  const s1 = f32x4.mul(half, f32x4.add(g1, l1));
  const s2 = f32x4.mul(half, f32x4.add(g2, l2));
  const step: usize = arg(5);
  storeRow(to, step, g0, g1, g2);
  storeRow(to + 4 * step, step, f32x4.add(s0, m0), f32x4.add(s1, m1), f32x4.add(s2, m2));
  storeRow(to + 8 * step, step, f32x4.sub(s0, m0), f32x4.sub(s1, m1), f32x4.sub(s2, m2));
  storeRow(to + 12 * step, step, l0, l1, l2);
}

/** (a b c) Gᵀ. */
// @ts-ignore: decorator
@inline
function storeRow(to: usize, step: usize, a: v128, b: v128, c: v128): void {
  const half = f32x4.splat(0.5);
  const s = f32x4.mul(half, f32x4.add(a, c));
  const m = f32x4.mul(half, b);
  v128.store(to, a);
  v128.store(to + step, f32x4.add(s, m));
  v128.store(to + 2 * step, f32x4.sub(s, m));
  v128.store(to + 3 * step, c);
}

// @ts-ignore: decorator
@inline
function gather(from: usize, row1: usize, row2: usize, row3: usize): v128 {
  const v = v128.load32_lane(from + row1, v128.load32_zero(from), 1);
  return v128.load32_lane(from + row3, v128.load32_lane(from + row2, v, 2), 3);
}
