/** Functions of one variable, applied to every element. */

import type { MapFunction } from '../src/backend/backend.ts';
import type { Dense } from './dense.ts';

const FUNCTIONS: Readonly<Record<MapFunction, (x: number) => number>> = {
  silu: (x) => x / (1 + Math.exp(-x)),
  // The tanh form of the Gaussian error linear unit: x · Φ(x), Φ(x) ≈ ½ (1 + tanh(√(2/π) (x + 0.044715 x³)))
  gelu: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  relu: (x) => Math.max(x, 0),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  exp: Math.exp,
  log: Math.log,
  step: (x) => (x > 0 ? 1 : 0),
};

export function map(f: MapFunction, x: Dense): Dense {
  const apply = FUNCTIONS[f];
  const values = new Float32Array(x.values.length);
  for (let i = 0; i < values.length; i++) values[i] = apply(x.values[i]);
  return { shape: x.shape, values };
}
