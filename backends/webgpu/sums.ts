/** Sums over axes: neighbouring ones at once, long ones in chunks. */

import type { Shape } from '../../src/array/host.ts';
import { sizeOf } from '../../src/array/host.ts';
import { around } from '../../src/backend/axes.ts';
import type { Storage } from './values.ts';
import { SUM } from './kernels/sum.ts';
import type { Stage, View } from './stage.ts';

/** Rows of which there are few, and elements of a chunk. */
const FEW = 512;
const CHUNK = 1024;

/** Over `axes`, which stay with extent 1. */
export function sum(d: Stage, x: View, axes: readonly number[]): Storage {
  let current: View = { shape: x.shape, storage: d.device.share(x.storage) };
  const ordered = axes.toSorted((i, j) => i - j);
  while (ordered.length > 0) {
    const last = ordered.pop()!;
    let first = last;
    while (ordered.at(-1) === first - 1) first = ordered.pop()!;
    const [outer] = around(current.shape, first);
    const [, , inner] = around(current.shape, last);
    const extent = sizeOf(current.shape.slice(first, last + 1));
    const shape = current.shape.map((n, axis) => (axis >= first && axis <= last ? 1 : n));
    const storage = addUp(d, current, [outer, extent, inner], shape);
    d.device.release(current.storage);
    current = { shape, storage };
  }
  return current.storage;
}

/** The sums over the middle axis of x as (outer, extent, inner). */
export function addUp(d: Stage, x: View, [outer, extent, inner]: readonly [number, number, number], shape: Shape): Storage {
  const chunks = outer * inner < FEW && extent >= 2 * CHUNK ? Math.ceil(extent / CHUNK) : 1;
  const chunk = Math.ceil(extent / chunks);
  const y = d.make('sum', chunks === 1 ? shape : [outer, chunks, inner]);
  d.rows(SUM, [x], y, [outer * chunks * inner, extent, Math.max(inner, 1)], [chunk, chunks]);
  if (chunks === 1) return y.storage;
  const total = addUp(d, y, [outer, chunks, inner], shape);
  d.device.release(y.storage);
  return total;
}
