/**
 * The gradient of the weight of a 3×3 convolution by Winograd's filtering, the transpose of winograd.ts:
 *
 *   w[o, c, dt] = Gᵀ [ Σ over tiles, t of (A g[o, t] Aᵀ) ⊙ (Bᵀ x[c, t + dt] B) ] G
 *
 * The sums are 16 products of matrices, (outputs, tiles · frames) · (tiles · frames, channels × kt). Four tiles are the
 * lanes of a vector (winograd-gradient-transforms.ts), so each element is a dot product: 4 outputs × 2 channels of them
 * grow in 8 vectors. In V, the frames that a tap dt sees are one run, which begins `dt` frames later.
 *
 * Task: one of the 16 matrices and one panel of four outputs, whose Z stays in the first cache while V passes by.
 * Arguments: 0 S, 16 matrices (panels of outputs, kt, C rounded up to pairs, 4), 1 V, 2 Z, 3 panels, 4 pairs of channels,
 * 5 kt, 6 vectors in a run, 7 bytes of V from pair to pair, 8 from frame to frame, 9 from matrix to matrix, 10 of Z
 * likewise, 11 whether to add to S.
 */

import { arg, sumsOfLanes } from './job';

export function winogradGradient(task: u32): void {
  const i = task / arg(3);
  const panel = task % arg(3);
  const z: usize = arg(2) + i * arg(10) + ((panel * arg(6)) << 6);
  let s: usize = arg(0) + ((task * arg(5) * arg(4)) << 5);
  for (let dt: u32 = 0; dt < arg(5); dt++) {
    dots(s, z, arg(1) + i * arg(9) + dt * arg(8), arg(6), arg(4), arg(7), arg(11) != 0);
    s += arg(4) << 5;
  }
}

/** Four rows of Z by all pairs of rows of V, `step` bytes apart. */
function dots(s: usize, z: usize, v: usize, depth: u32, pairs: u32, step: u32, add: bool): void {
  const end: usize = z + (depth << 6);
  for (let p = pairs; p > 0; p--) {
    let from = v;
    let s00 = f32x4.splat(0);
    let s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
    for (let at = z; at < end; at += 64) {
      const v0 = v128.load(from);
      const v1 = v128.load(from, 16);
      let x = v128.load(at);
      s00 = f32x4.add(s00, f32x4.mul(x, v0));
      s01 = f32x4.add(s01, f32x4.mul(x, v1));
      x = v128.load(at, 16);
      s10 = f32x4.add(s10, f32x4.mul(x, v0));
      s11 = f32x4.add(s11, f32x4.mul(x, v1));
      x = v128.load(at, 32);
      s20 = f32x4.add(s20, f32x4.mul(x, v0));
      s21 = f32x4.add(s21, f32x4.mul(x, v1));
      x = v128.load(at, 48);
      s30 = f32x4.add(s30, f32x4.mul(x, v0));
      s31 = f32x4.add(s31, f32x4.mul(x, v1));
      from += 32;
    }
    let left = sumsOfLanes(s00, s10, s20, s30);
    let right = sumsOfLanes(s01, s11, s21, s31);
    if (add) {
      left = f32x4.add(left, v128.load(s));
      right = f32x4.add(right, v128.load(s, 16));
    }
    v128.store(s, left);
    v128.store(s, right, 16);
    s += 32;
    v += step;
  }
}
