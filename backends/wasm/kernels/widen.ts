/**
 * Widens stored matrices to float32. 16-bit floats exactly: bf16 by shifting; f16 by moving its bits into place and multiplying by 2¹¹²,
 * which corrects the exponent's bias, for numbers below the normal ones too. Infinities and NaNs get all bits of the exponent. Blocks of quantized weights: widen-blocks.ts.
 */

import { arg } from './job';
import { Q4_0, Q4_K, Q8_0, widenQ4_0, widenQ4_K, widenQ8_0 } from './widen-blocks';

/** Types of stored matrices: as in ../device.ts. */
export const FLOAT: u32 = 0;
export const HALF: u32 = 1;

/** Bytes of so many elements of a type, whole blocks of it. */
// @ts-ignore: decorator
@inline
export function storedBytes(elements: usize, type: u32): usize {
  if (type == Q8_0) return (elements >> 5) * 34;
  if (type == Q4_0) return (elements >> 5) * 18;
  if (type == Q4_K) return (elements >> 8) * 144;
  return elements << (type == FLOAT ? 2 : 1);
}

/** Units of 64 elements. Arguments: 0 y, 1 x, 2 units, 3 units per task, 4 elements, 5 type. */
export function widen(task: u32): void {
  const first = task * arg(3) * 64;
  const count = min(arg(3) * 64, arg(4) - first);
  widenRow(arg(0) + (first << 2), arg(1) + storedBytes(first, arg(5)), count, arg(5));
}

/** Writes whole vectors: up to three elements beyond the row. Of blocks, whole ones. */
export function widenRow(to: usize, from: usize, count: u32, type: u32): void {
  if (type == Q8_0) widenQ8_0(to, from, count);
  else if (type == Q4_0) widenQ4_0(to, from, count);
  else if (type == Q4_K) widenQ4_K(to, from, count);
  else widenHalves(to, from, count, type);
}

function widenHalves(to: usize, from: usize, count: u32, type: u32): void {
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
