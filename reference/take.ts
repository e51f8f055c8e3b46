/**
 * Rows of a matrix: y[i, c] = x[rows[i], c].
 *
 * @throws ShapeError if x is no matrix; ArgumentError if it has no such row.
 */

import { takeShape } from '../src/backend/shapes-move.ts';
import type { Dense } from './dense.ts';
import { zeros } from './dense.ts';

export function take(x: Dense, rows: Int32Array): Dense {
  const y = zeros(takeShape(x, rows)); // (rows, C)
  const width = x.shape[1];
  rows.forEach((row, i) => y.values.set(x.values.subarray(row * width, (row + 1) * width), i * width));
  return y;
}
