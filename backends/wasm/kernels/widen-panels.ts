/**
 * Widens blocks of quantized weights to panels: eight rows of a matrix (N, K) in blocks become eight columns of float32 (K, 8), to
 * the bit the values of widen-blocks.ts.
 *
 * Lanes are columns. Sixteen bytes of four rows are transposed while they are bytes, a quarter of the work that it is with
 * floats; then each byte goes to the top of a lane of 32 bits and is converted, which gives q · 2²⁴ with its sign, and the
 * scale, times 2⁻²⁴, makes the weight of it: exact, as these are powers of two.
 */

import { halves } from './half';
import { Q4_0, Q8_0 } from './widen-blocks';

/** Panels of all types but 16 bits. `from` is the first row at the first k, `stride` bytes from row to row, `depth` whole blocks. */
export function widenPanel(to: usize, from: usize, stride: usize, depth: u32, type: u32): void {
  for (let i: usize = 0; i < 2; i++) {
    if (type == Q8_0) fourQ8_0(to, from, stride, depth);
    else if (type == Q4_0) fourQ4_0(to, from, stride, depth);
    else fourQ4_K(to, from, stride, depth);
    to += 16;
    from += stride << 2;
  }
}

/** Bytes from k to k + 1 in a panel. */
const NEXT: usize = 32;

function fourQ8_0(to: usize, from: usize, stride: usize, depth: u32): void {
  for (const end: usize = to + depth * NEXT; to < end;) {
    const scale = f32x4.mul(halves(from, stride), f32x4.splat(DOWN_24));
    for (let i: usize = 0; i < 32; i += 16) {
      const at: usize = from + i;
      const a = v128.load(at, 2);
      const b = v128.load(at + stride, 2);
      const c = v128.load(at + 2 * stride, 2);
      const d = v128.load(at + 3 * stride, 2);
      let even = lowBytes(a, b), odd = lowBytes(c, d);
      scaled(to, lowPairs(even, odd), scale);
      scaled(to + 4 * NEXT, highPairs(even, odd), scale);
      even = highBytes(a, b);
      odd = highBytes(c, d);
      scaled(to + 8 * NEXT, lowPairs(even, odd), scale);
      scaled(to + 12 * NEXT, highPairs(even, odd), scale);
      to += 16 * NEXT;
    }
    from += 34;
  }
}

/** q − 8 in four bits with a sign is q with its highest bit turned; in the upper half of a byte it is 16 times that. */
function fourQ4_0(to: usize, from: usize, stride: usize, depth: u32): void {
  for (const end: usize = to + depth * NEXT; to < end; to += 32 * NEXT) {
    const scale = f32x4.mul(halves(from, stride), f32x4.splat(DOWN_28));
    const turn = i8x16.splat(-120);
    const a = v128.xor(v128.load(from, 2), turn);
    const b = v128.xor(v128.load(from + stride, 2), turn);
    const c = v128.xor(v128.load(from + 2 * stride, 2), turn);
    const d = v128.xor(v128.load(from + 3 * stride, 2), turn);
    let even = lowBytes(a, b), odd = lowBytes(c, d);
    signedPairs(to, lowPairs(even, odd), scale);
    signedPairs(to + 4 * NEXT, highPairs(even, odd), scale);
    even = highBytes(a, b);
    odd = highBytes(c, d);
    signedPairs(to + 8 * NEXT, lowPairs(even, odd), scale);
    signedPairs(to + 12 * NEXT, highPairs(even, odd), scale);
    from += 18;
  }
}

/** The lower halves of 16 bytes to four k, the upper ones to those 16 further. */
// @ts-ignore: decorator
@inline
function signedPairs(to: usize, pairs: v128, scale: v128): void {
  scaled(to, i8x16.shl(pairs, 4), scale);
  scaled(to + 16 * NEXT, v128.and(pairs, i8x16.splat(-16)), scale);
}

function fourQ4_K(to: usize, from: usize, stride: usize, depth: u32): void {
  for (const end: usize = to + depth * NEXT; to < end; from += 144) {
    const d = f32x4.mul(halves(from, stride), f32x4.splat(DOWN_24));
    const e = halves(from + 2, stride);
    // The twelve bytes of scales and offsets of four rows, four bytes in a lane: layout in src/array/blocks/q4-k.ts.
    const first = words(from + 4, stride);
    const second = words(from + 8, stride);
    const third = words(from + 12, stride);
    const two = i8x16.splat(0x30), four = i8x16.splat(0x0f);
    let s = v128.and(first, i8x16.splat(0x3f));
    let m = v128.and(second, i8x16.splat(0x3f));
    for (let part: u32 = 0; part < 8; part++) {
      if (part == 4) {
        s = v128.or(v128.and(third, four), v128.and(i32x4.shr_u(first, 2), two));
        m = v128.or(v128.and(i32x4.shr_u(third, 4), four), v128.and(i32x4.shr_u(second, 2), two));
      }
      const at: usize = from + 16 + ((part >> 1) << 5);
      partQ4_K(to, at, stride, (part & 1) << 2, f32x4.mul(d, lowest(s)), f32x4.mul(e, lowest(m)));
      s = i32x4.shr_u(s, 8);
      m = i32x4.shr_u(m, 8);
      to += 32 * NEXT;
    }
  }
}

/** The lowest byte of each lane, as a float. */
// @ts-ignore: decorator
@inline
function lowest(lanes: v128): v128 {
  return f32x4.convert_i32x4_s(v128.and(lanes, i32x4.splat(0xff)));
}

/**
 * One part of 32 k, in the halves of bytes that `shift` brings below. A function of its own, so that its constants stay in registers
 * (exported in index.ts, or it were merged into its caller).
 */
export function partQ4_K(to: usize, from: usize, stride: usize, shift: i32, scale: v128, offset: v128): void {
  const four = i8x16.splat(0x0f);
  for (const end: usize = from + 32; from < end; from += 16) {
    const a = v128.and(i16x8.shr_u(v128.load(from), shift), four);
    const b = v128.and(i16x8.shr_u(v128.load(from + stride), shift), four);
    const c = v128.and(i16x8.shr_u(v128.load(from + 2 * stride), shift), four);
    const d = v128.and(i16x8.shr_u(v128.load(from + 3 * stride), shift), four);
    let even = lowBytes(a, b), odd = lowBytes(c, d);
    shifted(to, lowPairs(even, odd), scale, offset);
    shifted(to + 4 * NEXT, highPairs(even, odd), scale, offset);
    even = highBytes(a, b);
    odd = highBytes(c, d);
    shifted(to + 8 * NEXT, lowPairs(even, odd), scale, offset);
    shifted(to + 12 * NEXT, highPairs(even, odd), scale, offset);
    to += 16 * NEXT;
  }
}

const DOWN_24: f32 = reinterpret<f32>((127 - 24) << 23); // 2⁻²⁴
const DOWN_28: f32 = reinterpret<f32>((127 - 28) << 23);

/** Four bytes of four k, k by k → scale · q. */
// @ts-ignore: decorator
@inline
function scaled(to: usize, q: v128, scale: v128): void {
  v128.store(to, f32x4.mul(scale, top0(q)));
  v128.store(to, f32x4.mul(scale, top1(q)), 32);
  v128.store(to, f32x4.mul(scale, top2(q)), 64);
  v128.store(to, f32x4.mul(scale, top3(q)), 96);
}

/** → scale · q − offset */
// @ts-ignore: decorator
@inline
function shifted(to: usize, q: v128, scale: v128, offset: v128): void {
  v128.store(to, f32x4.sub(f32x4.mul(scale, top0(q)), offset));
  v128.store(to, f32x4.sub(f32x4.mul(scale, top1(q)), offset), 32);
  v128.store(to, f32x4.sub(f32x4.mul(scale, top2(q)), offset), 64);
  v128.store(to, f32x4.sub(f32x4.mul(scale, top3(q)), offset), 96);
}

/** Bytes 4i to 4i + 3 at the top of a lane each, the others zero (so does an index of 128), as floats. */
// @ts-ignore: decorator
@inline
function top0(q: v128): v128 {
  return f32x4.convert_i32x4_s(i8x16.swizzle(q, i8x16(-128, -128, -128, 0, -128, -128, -128, 1, -128, -128, -128, 2, -128, -128, -128, 3)));
}

// @ts-ignore: decorator
@inline
function top1(q: v128): v128 {
  return f32x4.convert_i32x4_s(i8x16.swizzle(q, i8x16(-128, -128, -128, 4, -128, -128, -128, 5, -128, -128, -128, 6, -128, -128, -128, 7)));
}

// @ts-ignore: decorator
@inline
function top2(q: v128): v128 {
  return f32x4.convert_i32x4_s(i8x16.swizzle(q, i8x16(-128, -128, -128, 8, -128, -128, -128, 9, -128, -128, -128, 10, -128, -128, -128, 11)));
}

// @ts-ignore: decorator
@inline
function top3(q: v128): v128 {
  return f32x4.convert_i32x4_s(i8x16.swizzle(q, i8x16(-128, -128, -128, 12, -128, -128, -128, 13, -128, -128, -128, 14, -128, -128, -128, 15)));
}

/** Four bytes of each of four rows. */
// @ts-ignore: decorator
@inline
function words(at: usize, stride: usize): v128 {
  const first = v128.load32_zero(at);
  const second = v128.load32_lane(at + stride, first, 1);
  const third = v128.load32_lane(at + 2 * stride, second, 2);
  return v128.load32_lane(at + 3 * stride, third, 3);
}

// @ts-ignore: decorator
@inline
function lowBytes(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

// @ts-ignore: decorator
@inline
function highBytes(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

// @ts-ignore: decorator
@inline
function lowPairs(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

// @ts-ignore: decorator
@inline
function highPairs(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}
