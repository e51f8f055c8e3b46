/**
 * Rounds rows of activations to 16 bits: x ≈ d · q with one d for each 32 along K.
 *
 *   d = max |x| / 32767,   q = round(x / d)
 *
 * max |x| is taken as 2⁻¹⁰⁰ at least, so that 1 / d is a float32. Where an x is infinite or no number, so is d, and with it all that is
 * made of the 32.
 *
 * Four rows make a panel, in records of 288 bytes for each 32 along K: q (16, 4, 2), pairs along K; d (4); d · Σ q (4). Rows beyond the
 * last are zeros.
 * Task: some panels. Arguments: 0 target, 1 x (M, K), 2 M, 3 K, 4 panels per task, 5 panels.
 */

import { arg } from './job';

/** Bytes of a record. */
export const RECORD: usize = 288;

export function round(task: u32): void {
  const first = task * arg(4);
  const end = min(first + arg(4), arg(5));
  const records: usize = arg(3) >> 5;
  for (let panel = first; panel < end; panel++) {
    for (let r: u32 = 0; r < 4; r++) {
      const i: u32 = 4 * panel + r;
      const to: usize = arg(0) + panel * records * RECORD + (r << 2);
      if (i < arg(2)) roundRow(to, arg(1) + ((i * arg(3)) << 2), records);
      else zeroRow(to, records);
    }
  }
}

/** Steps of half a unit upwards make the lowest bits of a float of this size the nearest whole number: 1.5 · 2²³. */
const WHOLE: f32 = 12582912;

function roundRow(to: usize, from: usize, records: usize): void {
  for (const end: usize = to + records * RECORD; to < end; to += RECORD) {
    // Bits without the sign are in the order of the sizes; infinity and no number are the largest.
    let most = i32x4.splat(27 << 23);
    for (let i: usize = 0; i < 128; i += 16) most = i32x4.max_s(most, v128.and(v128.load(from + i), i32x4.splat(0x7fffffff)));
    most = i32x4.max_s(most, i32x4.shuffle(most, most, 2, 3, 0, 1));
    most = i32x4.max_s(most, i32x4.shuffle(most, most, 1, 0, 3, 2));
    const down = f32x4.div(f32x4.splat(32767), most);
    const whole = f32x4.splat(WHOLE);
    let sum = i32x4.splat(0);
    for (let i: usize = 0; i < 128; i += 32) {
      const low = f32x4.add(f32x4.mul(v128.load(from + i), down), whole);
      const high = f32x4.add(f32x4.mul(v128.load(from + i, 16), down), whole);
      const q = i16x8.shuffle(low, high, 0, 2, 4, 6, 8, 10, 12, 14);
      sum = i32x4.add(sum, i32x4.dot_i16x8_s(q, i16x8.splat(1)));
      const at: usize = to + (i << 1);
      v128.store32_lane(at, q, 0);
      v128.store32_lane(at, q, 1, 16);
      v128.store32_lane(at, q, 2, 32);
      v128.store32_lane(at, q, 3, 48);
    }
    const d = f32x4.extract_lane(most, 0) / 32767;
    sum = i32x4.add(sum, i32x4.shuffle(sum, sum, 2, 3, 0, 1));
    f32.store(to, d, 256);
    f32.store(to, d * f32(i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1)), 272);
    from += 128;
  }
}

function zeroRow(to: usize, records: usize): void {
  for (const end: usize = to + records * RECORD; to < end; to += RECORD) {
    for (let i: usize = 0; i < RECORD; i += 16) i32.store(to + i, 0);
  }
}
