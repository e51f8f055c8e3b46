/**
 * Widens a row of blocks of quantized weights, whose units of 16 bits lie in a strip (interleave.ts), to float32, to the bit as
 * src/array/blocks does: products of a scale and a weight have fewer bits than a float32, so nothing rounds but q4_K's one difference.
 */

import { half } from './half';

/** Types of stored matrices: as in ../device.ts. */
export const Q8_0: u32 = 3;
export const Q4_0: u32 = 4;
export const Q4_K: u32 = 5;

/** Bytes from unit to unit. */
const NEXT: usize = 16;

/** Byte i of so many units of the row from here on. */
// @ts-ignore: decorator
@inline
function byte(from: usize, i: usize): u32 {
  return load<u8>(from + (i >> 1) * NEXT + (i & 1));
}

/** w = d · q; 256 along K, or the last: scales, then weights. */
export function widenQ8_0(to: usize, from: usize, count: u32): void {
  for (let left = count >> 5; left > 0; left -= min(8, left)) {
    const blocks: usize = min(8, left);
    for (let b: usize = 0; b < blocks; b++) {
      const d = half(from + b * NEXT);
      const q: usize = from + (blocks + 16 * b) * NEXT;
      for (let i: usize = 0; i < 32; i++) f32.store(to + (i << 2), d * f32(i8(byte(q, i))));
      to += 128;
    }
    from += blocks * 17 * NEXT;
  }
}

/** Two in each byte: w = d · (q − 8); scales and weights as above. */
export function widenQ4_0(to: usize, from: usize, count: u32): void {
  for (let left = count >> 5; left > 0; left -= min(8, left)) {
    const blocks: usize = min(8, left);
    for (let b: usize = 0; b < blocks; b++) {
      const d = half(from + b * NEXT);
      const pairs: usize = from + (blocks + 8 * b) * NEXT;
      for (let i: usize = 0; i < 16; i++) {
        const pair = byte(pairs, i);
        f32.store(to + (i << 2), d * f32(i32(pair & 15) - 8));
        f32.store(to + (i << 2), d * f32(i32(pair >> 4) - 8), 64);
      }
      to += 128;
    }
    from += blocks * 9 * NEXT;
  }
}

/** 256 weights in 144 bytes: w = (d · s) · q − e · m for each part of 32. */
export function widenQ4_K(to: usize, from: usize, count: u32): void {
  for (const end: usize = to + (count << 2); to < end; to += 1024) {
    const d = half(from);
    const e = half(from + NEXT);
    for (let j: usize = 0; j < 8; j++) {
      const first = byte(from, 4 + (j & 3));
      const second = byte(from, 8 + (j & 3));
      const third = byte(from, 12 + (j & 3));
      const scale = d * f32(j < 4 ? first & 63 : (third & 15) | ((first >> 6) << 4));
      const offset = e * f32(j < 4 ? second & 63 : (third >> 4) | ((second >> 6) << 4));
      for (let i: usize = 0; i < 32; i++) {
        const pair = byte(from, 16 + ((j >> 1) << 5) + i);
        f32.store(to + (((j << 5) + i) << 2), scale * f32((j & 1) == 0 ? pair & 15 : pair >> 4) - offset);
      }
    }
    from += 72 * NEXT;
  }
}
