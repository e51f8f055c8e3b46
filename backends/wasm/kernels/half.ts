/**
 * f16 → float32, exactly: the bits are moved into place and 112 added to the exponent. Numbers below the normal ones get 2⁻¹⁴
 * as their leading one, which is subtracted. No float32 on the way is below the normal ones itself: processors take a
 * hundred cycles for those, and small scales of blocks are such numbers in f16. Infinities and NaNs get all bits of the exponent.
 */

/** Lanes with 16 bits below. */
// @ts-ignore: decorator
@inline
export function floats(bits: v128): v128 {
  const magnitude = i32x4.shl(v128.and(bits, i32x4.splat(0x7fff)), 13);
  const sign = i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16);
  const special = v128.and(i32x4.ge_s(magnitude, i32x4.splat(0x7c00 << 13)), i32x4.splat(0x7f800000));
  const small = i32x4.lt_s(magnitude, i32x4.splat(0x400 << 13));
  const shifted = i32x4.add(magnitude, i32x4.splat(112 << 23));
  const leading = i32x4.add(shifted, v128.and(small, i32x4.splat(1 << 23)));
  const value = f32x4.sub(leading, v128.and(small, i32x4.splat(113 << 23)));
  return v128.or(v128.or(value, special), sign);
}

/** The number at a place. */
// @ts-ignore: decorator
@inline
export function half(at: usize): f32 {
  return f32x4.extract_lane(floats(i32x4.splat(load<u16>(at))), 0);
}

/** The numbers at four places, `stride` bytes apart. */
// @ts-ignore: decorator
@inline
export function halves(at: usize, stride: usize): v128 {
  let bits = v128.load16_lane(at, i32x4.splat(0), 0);
  bits = v128.load16_lane(at + stride, bits, 2);
  bits = v128.load16_lane(at + 2 * stride, bits, 4);
  bits = v128.load16_lane(at + 3 * stride, bits, 6);
  return floats(bits);
}
