/**
 * Softmax over the last axis: y[i] = exp(x[i] − max x) / Σⱼ exp(x[j] − max x).
 *
 * @throws ShapeError
 */

import { softmaxShape } from '../src/backend/shapes.ts';
import type { Dense } from './dense.ts';
import { zeros } from './dense.ts';

export function softmax(x: Dense): Dense {
  const y = zeros(softmaxShape(x));
  const length = x.shape.at(-1)!;
  for (let start = 0; start < x.values.length; start += length) {
    let largest = -Infinity;
    for (let i = start; i < start + length; i++) largest = Math.max(largest, x.values[i]);
    let total = 0;
    for (let i = start; i < start + length; i++) total += Math.exp(x.values[i] - largest);
    for (let i = start; i < start + length; i++) y.values[i] = Math.exp(x.values[i] - largest) / total;
  }
  return y;
}
