/** One value from one or two: y = a ∘ b with broadcasting, y = x · scale + shift, y = f(x). */

import type { MapFunction } from '../../../src/backend/backend.ts';
import type { Binary } from '../../../src/backend/table-backend.ts';
import type { This } from './kernel.ts';
import { kernel } from './kernel.ts';

/** The numbers by which the kernels know the operations. */
export const BINARIES: Readonly<Record<Binary, number>> = { add: 0, sub: 1, mul: 2, div: 3 };
export const MAPS: Readonly<Record<MapFunction, number>> = { silu: 0, gelu: 1, relu: 2, sigmoid: 3, exp: 4, log: 5, step: 6 };

/** Axes over which one launch can broadcast. */
export const MOST_BROADCAST_AXES = 4;

/** e extents, s strides in a, t in b; the last axis first. */
function binary(
  this: This, a: number[], b: number[], size: number, operation: number,
  e0: number, s0: number, t0: number, e1: number, s1: number, t1: number,
  e2: number, s2: number, t2: number, e3: number, s3: number, t3: number,
): number {
  if (this.thread.x >= size) return 0;
  const q0 = quotient(this.thread.x, e0);
  const i0 = this.thread.x - q0 * e0;
  const q1 = quotient(q0, e1);
  const i1 = q0 - q1 * e1;
  const q2 = quotient(q1, e2);
  const i2 = q1 - q2 * e2;
  const i3 = q2 - quotient(q2, e3) * e3;
  const left = a[i0 * s0 + i1 * s1 + i2 * s2 + i3 * s3];
  const right = b[i0 * t0 + i1 * t1 + i2 * t2 + i3 * t3];
  let y = left + right;
  if (operation === 1) y = left - right;
  if (operation === 2) y = left * right;
  if (operation === 3) y = left / right;
  return y;
}

function scaled(this: This, x: number[], size: number, scale: number, shift: number): number {
  if (this.thread.x >= size) return 0;
  return x[this.thread.x] * scale + shift;
}

/**
 * Exponents stop at 88, before e^x overflows float32: devices need not know infinities.
 * gelu: x · ½ (1 + tanh u) = x / (1 + e^(−2u)), u = √(2/π) (x + 0.044715 x³).
 */
function mapped(this: This, x: number[], size: number, f: number): number {
  if (this.thread.x >= size) return 0;
  const v = x[this.thread.x];
  let y = v;
  if (f === 0) y = v / (1 + Math.exp(Math.min(-v, 88)));
  if (f === 1) y = v / (1 + Math.exp(Math.min(-1.5957691216057308 * (v + 0.044715 * v * v * v), 88)));
  if (f === 2) y = Math.max(v, 0);
  if (f === 3) y = 1 / (1 + Math.exp(Math.min(-v, 88)));
  if (f === 4) y = Math.exp(v);
  if (f === 5) y = Math.log(v);
  if (f === 6) {
    if (v > 0) {
      y = 1;
    } else {
      y = 0;
    }
  }
  return y;
}

export const BINARY = kernel('elementwise', binary, 2);
export const AFFINE = kernel('affine', scaled, 1, 2);
export const MAP = kernel('map', mapped, 1);
