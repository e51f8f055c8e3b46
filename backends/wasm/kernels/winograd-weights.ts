/**
 * The weights of a 3×3 convolution for winograd.ts: U = G g Gᵀ for every kernel g, 36 numbers from 9, where a row of G is
 *
 *   [1 x x²] / ∏ (x − the other points),   x = 0, ±p, ±q;   [0 0 1] for ∞   (winograd-transforms.ts)
 *
 * They lie in panels of 8 outputs, or of 4 (panels, 36, kt × C, 8), of which those beyond the last repeat it. Task: one panel.
 * Arguments: 0 U, 1 weights (O, C, kt, 3, 3), 2 O, 3 C, 4 kt, 5 outputs in a panel.
 */

import { arg } from './job';
import { P, P2, Q, Q2 } from './winograd-transforms';

/** Rows of G: 1/(p²q²); then x⁰, x¹, x² over 2p²(p² − q²) and 2q²(q² − p²). */
const OVER_P: f64 = 2 * <f64>P2 * (<f64>P2 - <f64>Q2);
const OVER_Q: f64 = 2 * <f64>Q2 * (<f64>Q2 - <f64>P2);
const G0: f32 = <f32>(1 / (<f64>P2 * <f64>Q2));
const GP0: f32 = <f32>(1 / OVER_P);
const GP1: f32 = <f32>(<f64>P / OVER_P);
const GP2: f32 = <f32>(<f64>P2 / OVER_P);
const GQ0: f32 = <f32>(1 / OVER_Q);
const GQ1: f32 = <f32>(<f64>Q / OVER_Q);
const GQ2: f32 = <f32>(<f64>Q2 / OVER_Q);

export function winogradWeights(task: u32): void {
  const channels = arg(3);
  const frames = arg(4);
  const row = channels * frames * 36; // of one output, in bytes
  const width = arg(5);
  const step: usize = (channels * frames * width) << 2; // from matrix to matrix
  let to: usize = arg(0) + task * 36 * step;
  for (let dt: u32 = 0; dt < frames; dt++) {
    for (let c: u32 = 0; c < channels; c++) {
      for (let o: u32 = 0; o < width; o += 4) {
        const output = min(task * width + o, arg(2) - 1);
        const last = min(3, arg(2) - 1 - output);
        const from: usize = arg(1) + output * row + (c * frames + dt) * 36;
        fourKernels(to + (o << 2), step, from, min(1, last) * row, min(2, last) * row, last * row);
      }
      to += width << 2;
    }
  }
}

/** Those of four outputs, `row1` … bytes apart. */
function fourKernels(to: usize, step: usize, from: usize, row1: usize, row2: usize, row3: usize): void {
  const a0 = gather(from, row1, row2, row3);
  const a1 = gather(from + 4, row1, row2, row3);
  const a2 = gather(from + 8, row1, row2, row3);
  const b0 = gather(from + 12, row1, row2, row3);
  const b1 = gather(from + 16, row1, row2, row3);
  const b2 = gather(from + 20, row1, row2, row3);
  const c0 = gather(from + 24, row1, row2, row3);
  const c1 = gather(from + 28, row1, row2, row3);
  const c2 = gather(from + 32, row1, row2, row3);
  storeRow(to, step, first(a0), first(a1), first(a2));
  to += 6 * step;
  let e0 = even(a0, c0, GP0, GP2);
  let e1 = even(a1, c1, GP0, GP2);
  let e2 = even(a2, c2, GP0, GP2);
  let o0 = f32x4.mul(b0, f32x4.splat(GP1));
  let o1 = f32x4.mul(b1, f32x4.splat(GP1));
  let o2 = f32x4.mul(b2, f32x4.splat(GP1));
  storeRow(to, step, f32x4.add(e0, o0), f32x4.add(e1, o1), f32x4.add(e2, o2));
  storeRow(to + 6 * step, step, f32x4.sub(e0, o0), f32x4.sub(e1, o1), f32x4.sub(e2, o2));
  to += 12 * step;
  e0 = even(a0, c0, GQ0, GQ2);
  e1 = even(a1, c1, GQ0, GQ2);
  e2 = even(a2, c2, GQ0, GQ2);
  o0 = f32x4.mul(b0, f32x4.splat(GQ1));
  o1 = f32x4.mul(b1, f32x4.splat(GQ1));
  o2 = f32x4.mul(b2, f32x4.splat(GQ1));
  storeRow(to, step, f32x4.add(e0, o0), f32x4.add(e1, o1), f32x4.add(e2, o2));
  storeRow(to + 6 * step, step, f32x4.sub(e0, o0), f32x4.sub(e1, o1), f32x4.sub(e2, o2));
  storeRow(to + 12 * step, step, c0, c1, c2);
}

/** (a b c) Gᵀ. */
function storeRow(to: usize, step: usize, a: v128, b: v128, c: v128): void {
  const evenP = even(a, c, GP0, GP2);
  const oddP = f32x4.mul(b, f32x4.splat(GP1));
  const evenQ = even(a, c, GQ0, GQ2);
  const oddQ = f32x4.mul(b, f32x4.splat(GQ1));
  v128.store(to, first(a));
  v128.store(to + step, f32x4.add(evenP, oddP));
  v128.store(to + 2 * step, f32x4.sub(evenP, oddP));
  v128.store(to + 3 * step, f32x4.add(evenQ, oddQ));
  v128.store(to + 4 * step, f32x4.sub(evenQ, oddQ));
  v128.store(to + 5 * step, c);
}

// @ts-ignore: decorator
@inline
function first(a: v128): v128 {
  return f32x4.mul(a, f32x4.splat(G0));
}

// @ts-ignore: decorator
@inline
function even(a: v128, c: v128, scaleA: f32, scaleC: f32): v128 {
  return f32x4.add(f32x4.mul(a, f32x4.splat(scaleA)), f32x4.mul(c, f32x4.splat(scaleC)));
}

// @ts-ignore: decorator
@inline
function gather(from: usize, row1: usize, row2: usize, row3: usize): v128 {
  const v = v128.load32_lane(from + row1, v128.load32_zero(from), 1);
  return v128.load32_lane(from + row3, v128.load32_lane(from + row2, v, 2), 3);
}
