/**
 * Widens blocks of quantized weights to float32, to the bit as src/array/blocks does: products of a scale and a weight have
 * fewer bits than a float32, so nothing rounds but q4_K's one difference. Sixteen weights at a time: bytes are stretched to
 * numbers of 32 bits, converted and scaled.
 */

import { half } from './half';

/** Types of stored matrices: as in ../device.ts. */
export const Q8_0: u32 = 3;
export const Q4_0: u32 = 4;
export const Q4_K: u32 = 5;

/** 32 weights in 34 bytes: w = d · q. */
export function widenQ8_0(to: usize, from: usize, count: u32): void {
  for (const end: usize = to + (count << 2); to < end; to += 128) {
    const d = f32x4.splat(half(from));
    const none = f32x4.splat(0); // x − 0 is x, −0 too
    scaled(to, v128.load(from, 2), d, none);
    scaled(to + 64, v128.load(from, 18), d, none);
    from += 34;
  }
}

/** 32 weights in 18 bytes, two in each: w = d · (q − 8). */
export function widenQ4_0(to: usize, from: usize, count: u32): void {
  for (const end: usize = to + (count << 2); to < end; to += 128) {
    const d = f32x4.splat(half(from));
    const none = f32x4.splat(0); // x − 0 is x, −0 too
    const pairs = v128.load(from, 2);
    scaled(to, i8x16.sub(v128.and(pairs, i8x16.splat(15)), i8x16.splat(8)), d, none);
    scaled(to + 64, i8x16.sub(i8x16.shr_u(pairs, 4), i8x16.splat(8)), d, none);
    from += 18;
  }
}

/** 256 weights in 144 bytes: w = (d · s) · q − e · m for each part of 32. */
export function widenQ4_K(to: usize, from: usize, count: u32): void {
  for (const end: usize = to + (count << 2); to < end; to += 1024) {
    const d = half(from);
    const e = half(from + 2);
    for (let j: u32 = 0; j < 8; j++) {
      const at: usize = from + 4 + j;
      let s: u32 = 0, m: u32 = 0;
      if (j < 4) {
        s = u32(load<u8>(at)) & 63;
        m = u32(load<u8>(at, 4)) & 63;
      } else {
        s = (u32(load<u8>(at, 4)) & 15) | ((u32(load<u8>(at - 4)) >> 6) << 4);
        m = (u32(load<u8>(at, 4)) >> 4) | ((u32(load<u8>(at)) >> 6) << 4);
      }
      const scale = f32x4.splat(d * f32(s));
      const offset = f32x4.splat(e * f32(m));
      const pairs: usize = from + 16 + ((j >> 1) << 5);
      const part: usize = to + (j << 7);
      const low = v128.load(pairs);
      const high = v128.load(pairs, 16);
      if ((j & 1) == 0) {
        scaled(part, v128.and(low, i8x16.splat(15)), scale, offset);
        scaled(part + 64, v128.and(high, i8x16.splat(15)), scale, offset);
      } else {
        scaled(part, i8x16.shr_u(low, 4), scale, offset);
        scaled(part + 64, i8x16.shr_u(high, 4), scale, offset);
      }
    }
    from += 144;
  }
}

/** Sixteen signed bytes q → scale · q − offset. */
// @ts-ignore: decorator
@inline
function scaled(to: usize, q: v128, scale: v128, offset: v128): void {
  const low = i16x8.extend_low_i8x16_s(q);
  const high = i16x8.extend_high_i8x16_s(q);
  v128.store(to, f32x4.sub(f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low)), scale), offset));
  v128.store(to, f32x4.sub(f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low)), scale), offset), 16);
  v128.store(to, f32x4.sub(f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high)), scale), offset), 32);
  v128.store(to, f32x4.sub(f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high)), scale), offset), 48);
}
