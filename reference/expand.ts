/**
 * Repeats axes of extent 1: what broadcasting reads, written out.
 *
 * @throws ShapeError
 */

import type { Shape } from '../src/array/host.ts';
import { expandShape } from '../src/backend/shapes-move.ts';
import type { Dense } from './dense.ts';
import { broadcastStrides, eachRow, stridesOf, zeros } from './dense.ts';

export function expand(x: Dense, shape: Shape): Dense {
  const y = zeros(expandShape(x, shape));
  eachRow(y.shape, stridesOf(y.shape), broadcastStrides(x.shape, y.shape), (to, from, stepTo, stepFrom, length) => {
    for (let n = 0; n < length; n++, to += stepTo, from += stepFrom) y.values[to] = x.values[from]!;
  });
  return y;
}
