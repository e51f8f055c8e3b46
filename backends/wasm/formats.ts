/** Brings the values of a tensor into another format for good, in a new place. */

import type { Shape } from '../../src/array/host.ts';
import { sizeOf } from '../../src/array/host.ts';
import type { Device, Format, Storage } from './device.ts';
import { widen } from './elementwise.ts';
import { pack } from './matmul.ts';
import { permute, takeRows } from './move.ts';
import { isQuantized } from './quantized.ts';

/** Float32 row by row, from any format. */
export function toRows(d: Device, storage: Storage, shape: Shape): void {
  const { format } = storage;
  move(d, storage, 'f32', shape, (to, from) => {
    if (format === 'panels') unpack(d, to, from, shape);
    else if (isQuantized(format)) takeRows(d, to, from, shape, format, 0);
    else widen(d, to, from, sizeOf(shape), format);
  });
}

/** A matrix (N, K) of float32 in panels (N/8, K, 8); N is a multiple of 8. */
export function toPanels(d: Device, storage: Storage, shape: Shape): void {
  const [n, k] = shape;
  move(d, storage, 'panels', shape, (to, from) => pack(d, to, from, 1, n, k, [k * 4, 4], 8));
}

/** Panels (N/8, K, 8) → (N/8, 8, K). */
function unpack(d: Device, to: number, from: number, [n, k]: Shape): void {
  permute(d, { shape: [n / 8, 8, k], address: to }, { shape: [n / 8, k, 8], address: from }, [0, 2, 1]);
}

function move(d: Device, storage: Storage, format: Format, shape: Shape, fill: (to: number, from: number) => void): void {
  const { block } = storage;
  const next = d.arena.allocate(sizeOf(shape) * 4);
  fill(next.address, block.address);
  d.arena.release(block);
  Object.assign(storage, { block: next, format });
}
