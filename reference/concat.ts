/**
 * Joins arrays along an axis.
 *
 * @throws ShapeError
 */

import { concatShape } from '../src/backend/shapes-move.ts';
import type { Dense } from './dense.ts';
import { around, zeros } from './dense.ts';

export function concat(xs: readonly Dense[], axis: number): Dense {
  const y = zeros(concatShape(xs, axis));
  const [outer] = around(y.shape, axis);
  let to = 0;
  for (let o = 0; o < outer; o++) {
    for (const x of xs) {
      const run = x.values.length / outer; // the extents from `axis` on lie together
      y.values.set(x.values.subarray(o * run, (o + 1) * run), to);
      to += run;
    }
  }
  return y;
}
