/**
 * Functions of one variable: x̄ = g · f′(x), with σ the logistic function.
 *
 *     silu     σ + y·(1 − σ)
 *     gelu     y = x·Φ, Φ = (1 + tanh u)/2 = σ(2u), u = √(2/π)·(x + 0.044715·x³):
 *              slope Φ + x·2·Φ·(1 − Φ)·u′,  u′ = √(2/π)·(1 + 3·0.044715·x²)
 *     relu     [x > 0]
 *     sigmoid  y·(1 − y)
 *     exp      y
 *     log      1/x
 *     step     0: nothing flows back, so that it needs no rule
 */

import type { Backend, MapFunction, Tensor } from '../../backend/backend.ts';
import type { Pullback } from './pullback.ts';

export type DifferentiableMap = Exclude<MapFunction, 'step'>;

export function mapRule(f: DifferentiableMap, x: Tensor, y: Tensor): Pullback[] {
  return [RULES[f](x, y)];
}

const RULES: Readonly<Record<DifferentiableMap, (x: Tensor, y: Tensor) => Pullback>> = {
  silu: (x, y) => ({
    keeps: [x, y],
    pull(b, g) {
      const s = b.map('sigmoid', x); // (…)
      return b.mul(g, b.add(s, b.mul(y, b.affine(s, -1, 1)))); // (…)
    },
  }),
  gelu: (x) => ({ keeps: [x], pull: (b, g) => b.mul(g, geluSlope(b, x)) }),
  relu: (x) => ({ keeps: [x], pull: (b, g) => b.mul(g, b.map('step', x)) }),
  sigmoid: (_x, y) => ({ keeps: [y], pull: (b, g) => b.mul(g, b.mul(y, b.affine(y, -1, 1))) }),
  exp: (_x, y) => ({ keeps: [y], pull: (b, g) => b.mul(g, y) }),
  log: (x) => ({ keeps: [x], pull: (b, g) => b.div(g, x) }),
};

const ROOT = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

function geluSlope(b: Backend, x: Tensor): Tensor {
  const squares = b.mul(x, x); // (…)
  const u = b.mul(x, b.affine(squares, ROOT * CUBIC, ROOT)); // (…)
  const phi = b.map('sigmoid', b.affine(u, 2)); // (…)
  const slope = b.affine(squares, 6 * ROOT * CUBIC, 2 * ROOT); // 2·u′ (…)
  const tail = b.mul(b.mul(phi, b.affine(phi, -1, 1)), b.mul(x, slope)); // (…)
  return b.add(phi, tail); // (…)
}
