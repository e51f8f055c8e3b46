/**
 * Unit vectors along one axis: y = x / max(‖x‖₂, 1e-12) · gain, gain (n) along that axis, 1 if there is none.
 *
 * @throws ShapeError
 */

import { l2NormalizeShape } from '../src/backend/shapes.ts';
import type { Dense } from './dense.ts';
import { around, zeros } from './dense.ts';

export function l2Normalize(x: Dense, axis: number, gain?: Dense): Dense {
  const y = zeros(l2NormalizeShape(x, axis, gain));
  const [outer, extent, inner] = around(x.shape, axis);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const first = o * extent * inner + i;
      let squares = 0;
      for (let n = 0; n < extent; n++) squares += x.values[first + n * inner] ** 2;
      const norm = Math.max(Math.sqrt(squares), 1e-12);
      for (let n = 0; n < extent; n++) {
        y.values[first + n * inner] = (x.values[first + n * inner] / norm) * (gain?.values[n] ?? 1);
      }
    }
  }
  return y;
}
