/**
 * The indices start ≤ i < end of an axis.
 *
 * @throws ArgumentError
 */

import { sliceShape } from '../src/backend/shapes-move.ts';
import type { Dense } from './dense.ts';
import { around, zeros } from './dense.ts';

export function slice(x: Dense, axis: number, start: number, end: number): Dense {
  const y = zeros(sliceShape(x, axis, start, end));
  const [outer, extent, inner] = around(x.shape, axis);
  for (let o = 0; o < outer; o++) {
    const run = x.values.subarray((o * extent + start) * inner, (o * extent + end) * inner);
    y.values.set(run, o * (end - start) * inner);
  }
  return y;
}
