/**
 * The gradients of unit vectors along an axis (channel-norm.ts), of x (outer, n, inner), g of the same shape, h = g · gain:
 *
 *     u = x/‖x‖,   x̄ = (h − u·⟨u, h⟩)/‖x‖ where ‖x‖ > 1e-12,  h/1e-12 elsewhere
 *     that of the gain: Σ g·u over the positions of a strip; the sum over the strips is left to others
 *
 * by strips of inner positions, as there. Unit: one strip. Arguments: 0 x̄, or (units, n) of the gain, 1 x, 2 g, 3 units,
 * 4 units per task, 5 n, 6 inner, 7 gain or 0, 8 scratch, two strips a thread, 9 whether it is the gain's.
 */

import { arg, lanesBelow, storeLanes, sumLanes, thread } from './job';

const STRIP: u32 = 256;

export function channelNormGradient(task: u32): void {
  const first = task * arg(4);
  const end = min(first + arg(4), arg(3));
  const n = arg(5);
  const inner = arg(6);
  const strips = (inner + STRIP - 1) / STRIP;
  const scratch: usize = arg(8) + thread * (STRIP << 3);
  for (let unit = first; unit < end; unit++) {
    const outer = unit / strips;
    const start = (unit - outer * strips) * STRIP;
    const offset = (outer * n * inner + start) << 2;
    const count = min(STRIP, inner - start);
    const x: usize = arg(1) + offset;
    const g: usize = arg(2) + offset;
    if (arg(9) != 0) {
      inverseNorms(x, n, inner << 2, count, scratch);
      gainStrip(arg(0) + ((unit * n) << 2), x, g, n, inner << 2, count, scratch);
    } else {
      sums(x, g, n, inner << 2, count, scratch);
      strip(arg(0) + offset, x, g, n, inner << 2, count, scratch);
    }
  }
}

/** Scratch: 1/max(‖x‖, 1e-12) and then ⟨u, h⟩/‖x‖, or 0, of every position. What is beyond `count` is not used. */
function sums(x: usize, g: usize, n: u32, stride: u32, count: u32, norms: usize): void {
  const bytes: usize = count << 2;
  const products: usize = norms + (STRIP << 2);
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(norms + i, f32x4.splat(0));
    v128.store(products + i, f32x4.splat(0));
  }
  for (let c: u32 = 0; c < n; c++) {
    const gain = gainOf(c);
    const at: usize = c * stride;
    for (let i: usize = 0; i < bytes; i += 16) {
      const v = v128.load(x + at + i);
      const h = f32x4.mul(v128.load(g + at + i), gain);
      v128.store(norms + i, f32x4.add(v128.load(norms + i), f32x4.mul(v, v)));
      v128.store(products + i, f32x4.add(v128.load(products + i), f32x4.mul(v, h)));
    }
  }
  const least = f32x4.splat(1e-12);
  for (let i: usize = 0; i < bytes; i += 16) {
    const norm = f32x4.sqrt(v128.load(norms + i));
    const inverse = f32x4.div(f32x4.splat(1), f32x4.max(norm, least));
    const radial = f32x4.mul(f32x4.mul(v128.load(products + i), inverse), inverse);
    v128.store(norms + i, inverse);
    v128.store(products + i, v128.and(f32x4.gt(norm, least), radial));
  }
}

/** Scratch: 1/max(‖x‖, 1e-12) of every position. */
function inverseNorms(x: usize, n: u32, stride: u32, count: u32, norms: usize): void {
  const bytes: usize = count << 2;
  for (let i: usize = 0; i < bytes; i += 16) v128.store(norms + i, f32x4.splat(0));
  for (let c: u32 = 0; c < n; c++) {
    const from: usize = x + c * stride;
    for (let i: usize = 0; i < bytes; i += 16) {
      const v = v128.load(from + i);
      v128.store(norms + i, f32x4.add(v128.load(norms + i), f32x4.mul(v, v)));
    }
  }
  for (let i: usize = 0; i < bytes; i += 16) {
    const norm = f32x4.max(f32x4.sqrt(v128.load(norms + i)), f32x4.splat(1e-12));
    v128.store(norms + i, f32x4.div(f32x4.splat(1), norm));
  }
}

/** x̄ = (h − u·⟨u, h⟩)/‖x‖ = (h − x·(⟨u, h⟩/‖x‖))·(1/‖x‖) */
function strip(to: usize, x: usize, g: usize, n: u32, stride: u32, count: u32, norms: usize): void {
  const bytes: usize = count << 2;
  const products: usize = norms + (STRIP << 2);
  const whole: usize = (count & ~3) << 2;
  for (let c: u32 = 0; c < n; c++) {
    const gain = gainOf(c);
    const at: usize = c * stride;
    for (let i: usize = 0; i < whole; i += 16) {
      v128.store(to + at + i, element(x + at + i, g + at + i, gain, norms + i, products + i));
    }
    if (whole < bytes) {
      storeLanes(to + at + whole, element(x + at + whole, g + at + whole, gain, norms + whole, products + whole), count & 3);
    }
  }
}

// @ts-ignore: decorator
@inline
function element(x: usize, g: usize, gain: v128, norm: usize, product: usize): v128 {
  const h = f32x4.mul(v128.load(g), gain);
  return f32x4.mul(f32x4.sub(h, f32x4.mul(v128.load(x), v128.load(product))), v128.load(norm));
}

/** Σ g·u over the strip, of every n. */
function gainStrip(to: usize, x: usize, g: usize, n: u32, stride: u32, count: u32, norms: usize): void {
  const whole: usize = (count & ~3) << 2;
  for (let c: u32 = 0; c < n; c++) {
    const at: usize = c * stride;
    let sum = f32x4.splat(0);
    for (let i: usize = 0; i < whole; i += 16) sum = f32x4.add(sum, term(x + at + i, g + at + i, norms + i));
    if ((count & 3) > 0) {
      const last = term(x + at + whole, g + at + whole, norms + whole);
      sum = f32x4.add(sum, v128.and(lanesBelow(count & 3), last));
    }
    f32.store(to + (c << 2), sumLanes(sum));
  }
}

// @ts-ignore: decorator
@inline
function term(x: usize, g: usize, norm: usize): v128 {
  return f32x4.mul(f32x4.mul(v128.load(x), v128.load(norm)), v128.load(g));
}

// @ts-ignore: decorator
@inline
function gainOf(c: u32): v128 {
  const gains: usize = arg(7);
  return gains == 0 ? f32x4.splat(1) : v128.load32_splat(gains + (c << 2));
}
