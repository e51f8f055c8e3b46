/**
 * Moving data: y[i₀, i₁, …] = x[start + i₀·s₀ + i₁·s₁ + …]. Permutations, slices and repeated axes differ in the
 * strides alone.
 */

import type { This } from './kernel.ts';
import { kernel } from './kernel.ts';

/** Axes that one launch can walk; the longest permutation of the model needs 7. */
export const MOST_AXES = 8;

/** `axes` of them are in use, the last one first: e extents, s strides in x. */
function strided(
  this: This, x: number[], size: number, start: number, axes: number,
  e0: number, s0: number, e1: number, s1: number, e2: number, s2: number, e3: number, s3: number,
  e4: number, s4: number, e5: number, s5: number, e6: number, s6: number, e7: number, s7: number,
): number {
  if (this.thread.x >= size) return 0;
  let rest = this.thread.x;
  let q = quotient(rest, e0);
  let from = start + (rest - q * e0) * s0;
  rest = q;
  if (axes > 1) { q = quotient(rest, e1); from = from + (rest - q * e1) * s1; rest = q; }
  if (axes > 2) { q = quotient(rest, e2); from = from + (rest - q * e2) * s2; rest = q; }
  if (axes > 3) { q = quotient(rest, e3); from = from + (rest - q * e3) * s3; rest = q; }
  if (axes > 4) { q = quotient(rest, e4); from = from + (rest - q * e4) * s4; rest = q; }
  if (axes > 5) { q = quotient(rest, e5); from = from + (rest - q * e5) * s5; rest = q; }
  if (axes > 6) { q = quotient(rest, e6); from = from + (rest - q * e6) * s6; rest = q; }
  if (axes > 7) { q = quotient(rest, e7); from = from + (rest - q * e7) * s7; }
  return x[from];
}

/** Two arrays joined along an axis: rows of `widthA` from a, then of `widthB` from b. */
function joined(this: This, a: number[], b: number[], size: number, widthA: number, widthB: number): number {
  if (this.thread.x >= size) return 0;
  const row = quotient(this.thread.x, widthA + widthB);
  const column = this.thread.x - row * (widthA + widthB);
  let value = 0;
  if (column < widthA) {
    value = a[row * widthA + column];
  } else {
    value = b[row * widthB + column - widthA];
  }
  return value;
}

/** y[i, c] = x[rows[i], c]. */
function rowsOf(this: This, x: number[], rows: number[], size: number, width: number): number {
  if (this.thread.x >= size) return 0;
  const i = quotient(this.thread.x, width);
  return x[Math.floor(rows[i]) * width + this.thread.x - i * width];
}

/** Brings host values into an array of the device, or an array of the device out. */
function same(this: This, x: number[]): number {
  return x[this.thread.x];
}

export const SAME = kernel('copy', same, 1);
export const COPY = kernel('copy', strided, 1);
export const JOIN = kernel('concat', joined, 2);
export const TAKE = kernel('take', rowsOf, 2);
