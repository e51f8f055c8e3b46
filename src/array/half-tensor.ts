/** Matrices of 16-bit floats, as checkpoints store them, and what they mean in float32: widening is exact. */

import type { HostTensor, Shape } from './host.ts';
import { hostTensor } from './host.ts';

/** Values as bit patterns, row-major: f16 is IEEE 754 binary16, bf16 the upper half of a float32. */
export interface HalfTensor {
  readonly type: 'f16' | 'bf16';
  readonly bits: Uint16Array;
  readonly shape: Shape;
}

/** The same values as float32. */
export function widenHalf({ type, bits, shape }: HalfTensor): HostTensor {
  return hostTensor(type === 'f16' ? halfToFloat(bits) : bfloatToFloat(bits), shape);
}

const EXPONENT_32 = 0x7f800000;

/** f16 bits → float32 */
export function halfToFloat(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = widen(halves[i]);
  return new Float32Array(bits.buffer);
}

/** The f16 at a place among bytes, little endian. */
export function halfAt(bytes: Uint8Array, at: number): number {
  one.setUint32(0, widen(bytes[at] | (bytes[at + 1] << 8)));
  return one.getFloat32(0);
}

const one = new DataView(new ArrayBuffer(4));

/** bf16 bits → float32 */
export function bfloatToFloat(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i] << 16;
  return new Float32Array(bits.buffer);
}

function widen(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 31;
  const fraction = half & 0x3ff;
  if (exponent === 31) return sign | EXPONENT_32 | (fraction << 13); // infinity, NaN
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13); // bias 127 − 15
  if (fraction === 0) return sign;
  // Subnormal: fraction · 2⁻²⁴, whose highest set bit becomes the implicit one.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}
