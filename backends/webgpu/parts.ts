/** Matrices in parts: what is above the binding limit of an adapter lies in several buffers, by rows. */

import type { View } from '../../src/backend/table-backend.ts';
import type { Buffer } from './buffers.ts';
import type { Storage } from './values.ts';

/** Rows of a matrix from `from` on. */
export interface Part {
  readonly buffer: Buffer;
  readonly from: number;
  readonly rows: number;
}

/** The stored values of x (N, C) by parts; of most tensors one. Undefined where x is in parts, but has another shape by now. */
export function partsOf({ shape, storage }: View<Storage>): Part[] | undefined {
  const { buffer, split } = storage.array.value;
  const rows = shape[0];
  if (split === undefined) return [{ buffer, from: 0, rows }];
  if (shape.length !== 2 || shape[1] !== split.width) return undefined;
  return split.buffers.map((buffer, i) => ({ buffer, from: i * split.rows, rows: Math.min(split.rows, rows - i * split.rows) }));
}
