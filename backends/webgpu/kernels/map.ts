/**
 * y = f(x), one thread an element; bound by memory: 8 bytes an element.
 *
 *   silu     x σ(x),  σ(x) = 1 / (1 + e^(−x))
 *   gelu     x · ½ (1 + tanh u) = x σ(2u),  u = √(2/π) (x + 0.044715 x³)
 *   step     1 where x > 0, else 0
 *
 * Exponents stop at 88, before e^x overflows float32: devices need not know infinities.
 */

import type { MapFunction } from '../../../src/backend/backend.ts';
import type { Kernel } from './kernel.ts';
import { EACH } from './kernel.ts';

/** The numbers by which the texts know the functions. */
export const MAPS: Readonly<Record<MapFunction, number>> = { silu: 0, gelu: 1, relu: 2, sigmoid: 3, exp: 4, log: 5, step: 6 };

/** σ, and 2u of gelu. */
export const LOGISTIC = /* wgsl */ `
fn logistic(v: f32) -> f32 { return 1.0 / (1.0 + exp(min(-v, 88.0))); }
fn twice(v: f32) -> f32 { return 1.5957691216057308 * (v + 0.044715 * v * v * v); }`;

export const MAP: Kernel = {
  name: 'map',
  inputs: 1,
  code: /* wgsl */ `
override FUNCTION: u32;
struct Params { size: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
${LOGISTIC}

${EACH}
  let v = x[i];
  switch FUNCTION {
    case 0u: { y[i] = v / (1.0 + exp(min(-v, 88.0))); }
    case 1u: { y[i] = v / (1.0 + exp(min(-twice(v), 88.0))); }
    case 2u: { y[i] = max(v, 0.0); }
    case 3u: { y[i] = logistic(v); }
    case 4u: { y[i] = exp(v); }
    case 5u: { y[i] = log(v); }
    default: { y[i] = select(0.0, 1.0, v > 0.0); }
  }
}`,
};
