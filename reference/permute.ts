/**
 * Reorders axes: axis i of the result is axis axes[i] of x.
 *
 * @throws ArgumentError
 */

import { permuteShape } from '../src/backend/shapes-move.ts';
import type { Dense } from './dense.ts';
import { eachRow, stridesOf, zeros } from './dense.ts';

export function permute(x: Dense, axes: readonly number[]): Dense {
  const y = zeros(permuteShape(x, axes));
  const strides = stridesOf(x.shape);
  const permuted = axes.map((axis) => strides[axis]);
  eachRow(y.shape, stridesOf(y.shape), permuted, (to, from, stepTo, stepFrom, length) => {
    for (let n = 0; n < length; n++, to += stepTo, from += stepFrom) y.values[to] = x.values[from]!;
  });
  return y;
}
