/**
 * Sum over some axes, which stay with extent 1.
 *
 * @throws ShapeError
 */

import { sumShape } from '../src/backend/shapes.ts';
import type { Dense } from './dense.ts';
import { broadcastStrides, eachRow, stridesOf, zeros } from './dense.ts';

export function sum(x: Dense, axes: readonly number[]): Dense {
  const y = zeros(sumShape(x, axes));
  const sums = new Float64Array(y.values.length);
  // Every element of x is added to the sum that a broadcast of the result would read in its place.
  eachRow(x.shape, stridesOf(x.shape), broadcastStrides(y.shape, x.shape), (i, j, stepX, stepY, length) => {
    for (let n = 0; n < length; n++, i += stepX, j += stepY) sums[j] = sums[j] + x.values[i];
  });
  y.values.set(sums);
  return y;
}
