/**
 * The 16-bit floating-point formats as bit patterns: f16 (IEEE 754 binary16) and bf16 (the upper half of a
 * float32). Widening is exact; narrowing rounds to nearest, ties to even, and keeps NaN a NaN.
 */

export { bfloatToFloat, halfToFloat } from './half-tensor.ts';

const EXPONENT_32 = 0x7f800000;

/** float32 → f16 bits; beyond 65504 (from 65520) infinity. */
export function floatToHalf(values: Float32Array): Uint16Array {
  const bits = bitsOf(values);
  const halves = new Uint16Array(bits.length); // a loop: Uint16Array.from takes ten times as long
  for (let i = 0; i < bits.length; i++) halves[i] = narrow(bits[i]);
  return halves;
}

/** Writes a number as f16 to a place among bytes, little endian. */
export function setHalfAt(bytes: Uint8Array, at: number, value: number): void {
  one[0] = value;
  const half = narrow(oneBits[0]);
  bytes[at] = half & 0xff;
  bytes[at + 1] = half >> 8;
}

const one = new Float32Array(1);
const oneBits = new Uint32Array(one.buffer);

/** float32 → bf16 bits */
export function floatToBfloat(values: Float32Array): Uint16Array {
  const bits = bitsOf(values);
  const halves = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) halves[i] = narrowToBfloat(bits[i]);
  return halves;
}

function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

function narrow(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > EXPONENT_32) return sign | 0x7e00 | ((magnitude >> 13) & 0x3ff); // NaN
  if (magnitude >= 0x47800000) return sign | 0x7c00; // 2¹⁶ and more
  if (magnitude >= 0x38800000) return sign | roundShift(magnitude - (112 << 23), 13); // normal; may carry to infinity
  const shift = 126 - (magnitude >> 23);
  if (shift > 25) return sign; // less than half of the smallest
  return sign | roundShift((magnitude & 0x7fffff) | 0x800000, shift);
}

function narrowToBfloat(bits: number): number {
  if ((bits & 0x7fffffff) > EXPONENT_32) return (bits >>> 16) | 0x40; // NaN: made quiet, so that it stays one
  return roundShift(bits, 16);
}

/** value / 2^shift, rounded to nearest, ties to even; shift at most 25. */
function roundShift(value: number, shift: number): number {
  const kept = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return kept + Number(rest > half || (rest === half && (kept & 1) === 1));
}
