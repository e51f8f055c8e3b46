/**
 * Functions of one variable, as texts of WGSL:
 *
 *   silu     x σ(x),  σ(x) = 1 / (1 + e^(−x))
 *   gelu     x · ½ (1 + tanh u) = x σ(2u),  u = √(2/π) (x + 0.044715 x³)
 *   step     1 where x > 0, else 0
 *
 * Exponents stop at 88, before e^x overflows float32: devices need not know infinities.
 */

import type { MapFunction } from '../../../src/backend/backend.ts';

/** Of a variable v. */
export const FUNCTIONS: Readonly<Record<MapFunction, string>> = {
  silu: 'v / (1.0 + exp(min(-v, 88.0)))',
  gelu: 'v / (1.0 + exp(min(-twice(v), 88.0)))',
  relu: 'max(v, 0.0)',
  sigmoid: 'logistic(v)',
  exp: 'exp(v)',
  log: 'log(v)',
  step: 'select(0.0, 1.0, v > 0.0)',
};

/** σ, and 2u of gelu. */
export const LOGISTIC = /* wgsl */ `
fn logistic(v: f32) -> f32 { return 1.0 / (1.0 + exp(min(-v, 88.0))); }
fn twice(v: f32) -> f32 { return 1.5957691216057308 * (v + 0.044715 * v * v * v); }`;
