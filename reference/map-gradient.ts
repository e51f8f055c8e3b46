/** g · f′(x) for every element; σ is the logistic function, Φ(x) the gelu's ½ (1 + tanh(√(2/π) (x + 0.044715 x³))). */

import type { MapFunction } from '../src/backend/backend.ts';
import { gradientShape } from '../src/backend/shapes.ts';
import type { Dense } from './dense.ts';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

const SLOPES: Readonly<Record<MapFunction, (x: number) => number>> = {
  silu: (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))),
  gelu(x) {
    const tanh = Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3));
    return 0.5 * (1 + tanh) + 0.5 * x * (1 - tanh ** 2) * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x ** 2);
  },
  relu: (x) => (x > 0 ? 1 : 0),
  sigmoid: (x) => sigmoid(x) * (1 - sigmoid(x)),
  exp: Math.exp,
  log: (x) => 1 / x,
  step: () => 0,
};

/** @throws ShapeError */
export function mapGradient(f: MapFunction, x: Dense, g: Dense): Dense {
  const shape = gradientShape('mapGradient', x, g);
  const slope = SLOPES[f];
  const values = new Float32Array(x.values.length);
  for (let i = 0; i < values.length; i++) values[i] = g.values[i] * slope(x.values[i]);
  return { shape, values };
}
