/**
 * exp and log on four lanes, to about one unit in the last place.
 *
 *   exp(x) = 2ⁿ · exp(r),  n = round(x / ln 2),  |r| ≤ ln 2 / 2
 *   log(x) = n · ln 2 + log(m),  x = 2ⁿ · m,  √½ ≤ m < √2
 *
 * The polynomials are those of the Cephes library (Moshier, expf and logf).
 */

// @ts-ignore: decorator
@inline
function s(x: f32): v128 {
  return f32x4.splat(x);
}

// @ts-ignore: decorator
@inline
export function exp(value: v128): v128 {
  // Outside of this range the result is 0 or infinite. What is not a number stays so: pmax and pmin keep their first.
  const x = f32x4.pmin(f32x4.pmax(value, s(-104)), s(89));
  // In 1.5 · 2²³ + n, whole numbers n are the last bits: adding rounds, and the bits are the integer.
  const shifted = f32x4.add(f32x4.mul(x, s(1.44269504088896341)), s(12582912));
  const n = f32x4.sub(shifted, s(12582912));
  // ln 2 in two parts, the first exact in few bits
  let r = f32x4.sub(x, f32x4.mul(n, s(0.693359375)));
  r = f32x4.add(r, f32x4.mul(n, s(2.12194440e-4)));
  let p = f32x4.add(f32x4.mul(s(1.9875691500e-4), r), s(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), s(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), s(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), s(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), s(5.0000001201e-1));
  p = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(r, r), p), r), s(1));
  // 2ⁿ as a product of two powers, since n reaches beyond the exponents of normal numbers
  const whole = i32x4.sub(shifted, s(12582912));
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(p, powerOfTwo(half)), powerOfTwo(i32x4.sub(whole, half)));
}

// @ts-ignore: decorator
@inline
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

// @ts-ignore: decorator
@inline
export function log(value: v128): v128 {
  const tiny = f32x4.lt(value, s(1.17549435e-38)); // below the normal numbers: 2²³ times as large first
  const x = v128.bitselect(f32x4.mul(value, s(8388608)), value, tiny);
  let n = i32x4.sub(i32x4.shr_u(x, 23), i32x4.splat(126));
  n = i32x4.sub(n, v128.and(tiny, i32x4.splat(23)));
  let m = v128.or(v128.and(x, i32x4.splat(0x007fffff)), i32x4.splat(0x3f000000)); // ½ ≤ m < 1
  const low = f32x4.lt(m, s(0.707106781186547524));
  n = i32x4.add(n, low); // −1 where m is doubled
  m = f32x4.sub(f32x4.add(m, v128.and(low, m)), s(1));
  const e = f32x4.convert_i32x4_s(n);
  let p = f32x4.add(f32x4.mul(s(7.0376836292e-2), m), s(-1.1514610310e-1));
  p = f32x4.add(f32x4.mul(p, m), s(1.1676998740e-1));
  p = f32x4.add(f32x4.mul(p, m), s(-1.2420140846e-1));
  p = f32x4.add(f32x4.mul(p, m), s(1.4249322787e-1));
  p = f32x4.add(f32x4.mul(p, m), s(-1.6668057665e-1));
  p = f32x4.add(f32x4.mul(p, m), s(2.0000714765e-1));
  p = f32x4.add(f32x4.mul(p, m), s(-2.4999993993e-1));
  p = f32x4.add(f32x4.mul(p, m), s(3.3333331174e-1));
  const squared = f32x4.mul(m, m);
  let y = f32x4.mul(f32x4.mul(squared, m), p);
  y = f32x4.sub(f32x4.add(y, f32x4.mul(e, s(-2.12194440e-4))), f32x4.mul(squared, s(0.5)));
  y = f32x4.add(f32x4.add(m, y), f32x4.mul(e, s(0.693359375)));
  y = v128.bitselect(value, y, f32x4.eq(value, s(Infinity)));
  y = v128.bitselect(s(-Infinity), y, f32x4.eq(value, s(0)));
  // Below 0 and not a number: not a number
  return v128.bitselect(y, s(NaN), f32x4.ge(value, s(0)));
}
