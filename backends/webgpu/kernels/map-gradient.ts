/**
 * x̄ = g · f′(x), one thread an element; bound by memory: 12 bytes an element. σ the logistic function:
 *
 *   silu     σ·(1 + x·(1 − σ))
 *   gelu     Φ + x·2·Φ·(1 − Φ)·u′,  Φ = σ(2u),  u′ = √(2/π)·(1 + 3·0.044715·x²)
 *   relu     [x > 0]
 *   sigmoid  σ·(1 − σ)
 *   exp, log, step   e^x, 1/x, 0
 */

import type { MapFunction } from '../../../src/backend/backend.ts';
import { LOGISTIC } from './functions.ts';
import type { Kernel } from './kernel.ts';
import { EACH } from './kernel.ts';

/** The numbers by which the text knows the functions. */
export const MAPS: Readonly<Record<MapFunction, number>> = { silu: 0, gelu: 1, relu: 2, sigmoid: 3, exp: 4, log: 5, step: 6 };

export const MAP_GRADIENT: Kernel = {
  name: 'mapGradient',
  inputs: 2,
  code: /* wgsl */ `
override FUNCTION: u32;
struct Params { size: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> g: array<f32>;
@group(0) @binding(3) var<storage, read_write> to: array<f32>;
${LOGISTIC}

fn slope(v: f32) -> f32 {
  switch FUNCTION {
    case 0u: {
      let s = logistic(v);
      return s * (1.0 + v * (1.0 - s));
    }
    case 1u: {
      let s = logistic(twice(v));
      return s + v * s * (1.0 - s) * 1.5957691216057308 * (1.0 + 0.134145 * v * v);
    }
    case 2u: { return select(0.0, 1.0, v > 0.0); }
    case 3u: {
      let s = logistic(v);
      return s * (1.0 - s);
    }
    case 4u: { return exp(v); }
    case 5u: { return 1.0 / v; }
    default: { return 0.0; }
  }
}

${EACH}
  to[i] = g[i] * slope(x[i]);
}`,
};
