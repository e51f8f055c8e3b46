/**
 * Root-mean-square norm over the last axis: y = x / √(mean(x²) + ε) · weight, weight (C).
 *
 * @throws ShapeError
 */

import { rmsNormShape } from '../src/backend/shapes.ts';
import type { Dense } from './dense.ts';
import { zeros } from './dense.ts';

export function rmsNorm(x: Dense, weight: Dense, epsilon: number): Dense {
  const y = zeros(rmsNormShape(x, weight)); // (…, C)
  const width = x.shape.at(-1)!;
  for (let start = 0; start < x.values.length; start += width) {
    let squares = 0;
    for (let c = 0; c < width; c++) squares += x.values[start + c] ** 2;
    const scale = 1 / Math.sqrt(squares / width + epsilon);
    for (let c = 0; c < width; c++) y.values[start + c] = x.values[start + c] * scale * weight.values[c];
  }
  return y;
}
