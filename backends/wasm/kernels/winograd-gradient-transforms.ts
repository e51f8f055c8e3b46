/**
 * The gradient of the weight of a 3×3 convolution, first step (winograd-gradient.ts): transforms x and the gradient g.
 *
 *   V = Bᵀ d B (winograd-gradient-input.ts) of the 4×4 tiles of x,   Z = A g Aᵀ of the 2×2 tiles of g, with A of winograd.ts
 *
 * for some quads of the batch, in all frames: V 16 matrices (pairs of channels, frames of x, quads, 2, 4 tiles),
 * Z 16 (panels of four outputs, frames of g, quads, 4, 4 tiles); channels and outputs beyond the last repeat it.
 * Task: one pair of channels of V, then one panel of outputs of Z: two threads never write into the same cache line.
 * Arguments: 0 V, 1 x, 2 Z, 3 g, 4 C, 5 T, 6 H, 7 W, 8 O, 9 frames of g, 10 rows of tiles, 11 quads in a row, 12 first
 * quad, 13 quads, 14 bytes of V from matrix to matrix, 15 of Z likewise.
 */

import { arg, lanesBelow } from './job';
import { transformQuad } from './winograd-gradient-input';

export function winogradGradientTransforms(task: u32): void {
  const pairs = (arg(4) + 1) >> 1;
  if (task < pairs) transformInput(task);
  else transformGradient(task - pairs);
}

function transformInput(pair: u32): void {
  const size = (arg(6) * arg(7)) << 2;
  const channel = pair << 1;
  const second = channel + 1 < arg(4) ? arg(5) * size : 0; // from a channel to the next
  let frame: usize = arg(1) + (firstBatch() * arg(4) + channel) * arg(5) * size;
  let to: usize = arg(0) + ((pair * arg(5) * arg(13)) << 5);
  for (let t: u32 = 0; t < arg(5); t++) {
    let x = frame;
    let i = firstRow();
    let j = firstQuad();
    for (let n: u32 = 0; n < arg(13); n++) {
      transformQuad(to, arg(14), x, i, j, arg(6), arg(7));
      transformQuad(to + 16, arg(14), x + second, i, j, arg(6), arg(7));
      to += 32;
      if (++j < arg(11)) continue;
      j = 0;
      if (++i < arg(10)) continue;
      i = 0;
      x += arg(4) * arg(5) * size;
    }
    frame += size;
  }
}

function transformGradient(panel: u32): void {
  const row = arg(7) << 2;
  const size = arg(6) * row;
  const output = panel << 2;
  const last = min(3, arg(8) - 1 - output); // outputs of the panel that are there, less one
  const next = arg(9) * size; // from an output to the next
  let frame: usize = arg(3) + (firstBatch() * arg(8) + output) * next;
  let to: usize = arg(2) + ((panel * arg(9) * arg(13)) << 6);
  for (let t: u32 = 0; t < arg(9); t++) {
    let g = frame;
    let i = firstRow();
    let j = firstQuad();
    for (let n: u32 = 0; n < arg(13); n++) {
      const from = g + (i << 1) * row + (j << 5);
      for (let lane: u32 = 0; lane < 4; lane++) {
        quad(to + (lane << 4), arg(15), from + min(lane, last) * next, row, arg(7) - (j << 3), (i << 1) + 1 < arg(6));
      }
      to += 64;
      if (++j < arg(11)) continue;
      j = 0;
      if (++i < arg(10)) continue;
      i = 0;
      g += arg(8) * next;
    }
    frame += size;
  }
}

/** Where the first quad lies. */
// @ts-ignore: decorator
@inline
function firstBatch(): u32 {
  return arg(12) / (arg(10) * arg(11));
}

// @ts-ignore: decorator
@inline
function firstRow(): u32 {
  return (arg(12) / arg(11)) % arg(10);
}

// @ts-ignore: decorator
@inline
function firstQuad(): u32 {
  return arg(12) % arg(11);
}

/** Eight columns of two rows of g, of which `count` and perhaps only one row are there. */
function quad(to: usize, step: usize, from: usize, row: u32, count: u32, both: bool): void {
  const left = lanesBelow(count);
  const right = lanesBelow(i32(count) - 4);
  const zero = f32x4.splat(0);
  const a = v128.and(left, v128.load(from));
  const b = count > 4 ? v128.and(right, v128.load(from, 16)) : zero;
  const c = both ? v128.and(left, v128.load(from + row)) : zero;
  const d = both && count > 4 ? v128.and(right, v128.load(from + row, 16)) : zero;
  const even0 = i32x4.shuffle(a, b, 0, 2, 4, 6);
  const odd0 = i32x4.shuffle(a, b, 1, 3, 5, 7);
  const even1 = i32x4.shuffle(c, d, 0, 2, 4, 6);
  const odd1 = i32x4.shuffle(c, d, 1, 3, 5, 7);
  storeRow(to, step, even0, odd0);
  storeRow(to + 4 * step, step, f32x4.add(even0, even1), f32x4.add(odd0, odd1));
  storeRow(to + 8 * step, step, f32x4.sub(even0, even1), f32x4.sub(odd0, odd1));
  storeRow(to + 12 * step, step, f32x4.neg(even1), f32x4.neg(odd1));
}

/** (a b) Aᵀ. */
// @ts-ignore: decorator
@inline
function storeRow(to: usize, step: usize, a: v128, b: v128): void {
  v128.store(to, a);
  v128.store(to + step, f32x4.add(a, b));
  v128.store(to + 2 * step, f32x4.sub(a, b));
  v128.store(to + 3 * step, f32x4.neg(b));
}
