/**
 * Opens 256 along K of a strip of quantized weights (interleave.ts) for the tile (block-tile.ts): scales as float32 (8, 8), and
 * weights of four bits as bytes, (16, 8, 2) for each 32 along K. Those of q8_0 are multiplied where they lie.
 */

import { floats } from './half';

/** Scales of some blocks, times a factor. */
export function openScales(to: usize, from: usize, blocks: u32, factor: f32): void {
  for (const end: usize = to + (blocks << 5); to < end; to += 32) {
    const bits = v128.load(from);
    v128.store(to, f32x4.mul(low(bits), f32x4.splat(factor)));
    v128.store(to, f32x4.mul(high(bits), f32x4.splat(factor)), 16);
    from += 16;
  }
}

/** The first four numbers of 16 bits as floats. */
// @ts-ignore: decorator
@inline
function low(bits: v128): v128 {
  return floats(i32x4.extend_low_i16x8_u(bits));
}

/** The last four. */
// @ts-ignore: decorator
@inline
function high(bits: v128): v128 {
  return floats(i32x4.extend_high_i16x8_u(bits));
}

/** q − 8 in four bits with a sign is q with its highest bit turned; in the upper half of a byte it is 16 times that. */
export function openQ4_0(to: usize, from: usize, blocks: u32): void {
  const turn = i8x16.splat(-120), upper = i8x16.splat(-16);
  for (const end: usize = to + (blocks << 8); to < end; to += 256) {
    for (const half: usize = to + 128; to < half; to += 16) {
      const q = v128.xor(v128.load(from), turn);
      v128.store(to, v128.and(i16x8.shl(q, 4), upper));
      v128.store(to, v128.and(q, upper), 128);
      from += 16;
    }
    to -= 128;
  }
}

/** The weights of a block of q4_K: two parts in each byte. */
export function openQ4_K(to: usize, from: usize): void {
  const lower = i8x16.splat(15);
  for (const end: usize = to + 2048; to < end; to += 256) {
    for (const half: usize = to + 256; to < half; to += 16) {
      const q = v128.load(from);
      v128.store(to, v128.and(q, lower));
      v128.store(to, v128.and(i16x8.shr_u(q, 4), lower), 256);
      from += 16;
    }
  }
}

/** Its d · s and e · m, from the units before the weights, where those of two parts lie in each: layout in src/array/blocks/q4-k.ts. */
export function openScalesQ4_K(scales: usize, offsets: usize, from: usize): void {
  const d = v128.load(from);
  const e = v128.load(from, 16);
  const d0 = low(d), d1 = high(d), e0 = low(e), e1 = high(e);
  const lower = i8x16.splat(15), six = i8x16.splat(63), two = i8x16.splat(48);
  for (let i: usize = 0; i < 32; i += 16) {
    const first = v128.load(from + i, 32);
    const second = v128.load(from + i, 64);
    const third = v128.load(from + i, 96);
    const later: usize = (i << 2) + 128;
    products(scales + (i << 2), d0, d1, v128.and(first, six));
    products(offsets + (i << 2), e0, e1, v128.and(second, six));
    products(scales + later, d0, d1, v128.or(v128.and(third, lower), v128.and(i16x8.shr_u(first, 2), two)));
    products(offsets + later, e0, e1, v128.or(v128.and(i16x8.shr_u(third, 4), lower), v128.and(i16x8.shr_u(second, 2), two)));
  }
}

/** The lower and the upper bytes of eight units times eight numbers: (2, 8). */
// @ts-ignore: decorator
@inline
function products(to: usize, left: v128, right: v128, bytes: v128): void {
  const even = v128.and(bytes, i16x8.splat(255));
  const odd = i16x8.shr_u(bytes, 8);
  v128.store(to, f32x4.mul(left, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(even))));
  v128.store(to, f32x4.mul(right, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(even))), 16);
  v128.store(to, f32x4.mul(left, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(odd))), 32);
  v128.store(to, f32x4.mul(right, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(odd))), 48);
}
