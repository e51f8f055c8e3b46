/**
 * The gradient of the weight of a 3×3 convolution, last step (winograd-gradient.ts): w = Gᵀ S G, 9 numbers from 16, where
 *
 *   Gᵀ = [1 ½ ½ 0; 0 ½ −½ 0; 0 ½ ½ 1].
 *
 * Task: one panel of four outputs. Arguments: 0 w (O, C, kt, 3, 3), 1 S, 2 O, 3 C, 4 kt, 5 bytes of S from matrix to matrix.
 */

import { arg } from './job';

export function winogradGradientWeights(task: u32): void {
  const outputs = min(4, arg(2) - (task << 2));
  const rounded = (arg(3) + 1) & ~1;
  const row: usize = arg(3) * arg(4) * 36; // of one output, in bytes
  for (let dt: u32 = 0; dt < arg(4); dt++) {
    for (let c: u32 = 0; c < arg(3); c++) {
      const from: usize = arg(1) + (((task * arg(4) + dt) * rounded + c) << 4);
      fourKernels(arg(0) + (task << 2) * row + (c * arg(4) + dt) * 36, row, from, outputs);
    }
  }
}

function fourKernels(to: usize, row: usize, from: usize, outputs: u32): void {
  const step: usize = arg(5);
  const half = f32x4.splat(0.5);
  for (let j: usize = 0; j < 4; j++) { // Gᵀ S, in place
    const s: usize = from + j * step;
    const a = v128.load(s + 4 * step);
    const b = v128.load(s + 8 * step);
    const sum = f32x4.mul(half, f32x4.add(a, b));
    v128.store(s, f32x4.add(v128.load(s), sum));
    v128.store(s + 4 * step, f32x4.mul(half, f32x4.sub(a, b)));
    v128.store(s + 8 * step, f32x4.add(sum, v128.load(s + 12 * step)));
  }
  for (let i: usize = 0; i < 3; i++) { // and that times G
    const s: usize = from + 4 * i * step;
    const a = v128.load(s + step);
    const b = v128.load(s + 2 * step);
    const sum = f32x4.mul(half, f32x4.add(a, b));
    scatter(to, row, f32x4.add(v128.load(s), sum), outputs);
    scatter(to + 4, row, f32x4.mul(half, f32x4.sub(a, b)), outputs);
    scatter(to + 8, row, f32x4.add(sum, v128.load(s + 3 * step)), outputs);
    to += 12;
  }
}

/** Each lane to its output. */
// @ts-ignore: decorator
@inline
function scatter(to: usize, row: usize, v: v128, outputs: u32): void {
  f32.store(to, f32x4.extract_lane(v, 0));
  if (outputs > 1) f32.store(to + row, f32x4.extract_lane(v, 1));
  if (outputs > 2) f32.store(to + 2 * row, f32x4.extract_lane(v, 2));
  if (outputs > 3) f32.store(to + 3 * row, f32x4.extract_lane(v, 3));
}
