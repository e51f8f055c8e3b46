/**
 * Widens 16-bit floats to float32, exactly: bf16 by shifting; f16 by moving its bits into place and multiplying by 2¹¹²,
 * which corrects the exponent's bias, for numbers below the normal ones too. Infinities and NaNs get all bits of the exponent.
 */

import { arg } from './job';

/** Types of stored matrices: as in ../device.ts. */
export const FLOAT: u32 = 0;
export const HALF: u32 = 1;

/** Units of 64 elements. Arguments: 0 y, 1 x, 2 units, 3 units per task, 4 elements, 5 type. */
export function widen(task: u32): void {
  const first = task * arg(3) * 64;
  const count = min(arg(3) * 64, arg(4) - first);
  widenRow(arg(0) + (first << 2), arg(1) + (first << 1), count, arg(5));
}

/** Writes whole vectors: up to three elements beyond the row. */
export function widenRow(to: usize, from: usize, count: u32, type: u32): void {
  const end: usize = to + (count << 2);
  if (type != HALF) {
    for (; to < end; to += 16) {
      v128.store(to, i32x4.shl(i32x4.extend_low_i16x8_u(v128.load64_zero(from)), 16));
      from += 8;
    }
    return;
  }
  const bias = f32x4.splat(reinterpret<f32>(239 << 23)); // 2¹¹²
  for (; to < end; to += 16) {
    const bits = i32x4.extend_low_i16x8_u(v128.load64_zero(from));
    const magnitude = i32x4.shl(v128.and(bits, i32x4.splat(0x7fff)), 13);
    const sign = i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16);
    const special = v128.and(i32x4.ge_s(magnitude, i32x4.splat(0x7c00 << 13)), i32x4.splat(0x7f800000));
    v128.store(to, v128.or(v128.or(f32x4.mul(magnitude, bias), special), sign));
    from += 8;
  }
}
