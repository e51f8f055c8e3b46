/**
 * Matrices of quantized weights: they come into strips of eight rows (kernels/interleave.ts), and are multiplied as they lie
 * there, by activations rounded to 16 bits (kernels/round.ts, matmul-blocks.ts).
 */

import type { BlockMatrix } from '../../src/array/block-matrix.ts';
import { BLOCK_FORMATS, BLOCK_TYPES, blockBytes } from '../../src/array/block-matrix.ts';
import type { Shape } from '../../src/array/host.ts';
import { sizeOf } from '../../src/array/host.ts';
import { ShapeError } from '../../src/errors.ts';
import type { Device, Format, Storage } from './device.ts';
import { FORMATS } from './device.ts';
import { SPEED, TASKS } from './matmul.ts';
import type { View } from './strides.ts';

/** 16 bits of a block that are moved in front of the weights, and the others. */
const UNITS = { q8_0: [1, 16], q4_0: [1, 8], q4_k: [0, 72] } as const;

/** Bytes that are interleaved at a time. */
const AT_ONCE = 1 << 20;

/** RECORD of kernels/round.ts, for 32 of four rows. */
const RECORD = 288;

/** Numbers that a task rounds. */
const ROUND = 4096;

/** SUMS of kernels/matmul-blocks.ts. */
const BESIDE_SUMS = 2560;

/** Rows of a task, and bytes of them: they stay in the second cache while it goes along the columns. */
const ROWS = { most: 256, bytes: 1 << 19 };

/** Columns of a task. */
const COLUMNS = { least: 64, most: 512 };

export function isQuantized(format: Format): boolean {
  return (BLOCK_TYPES as readonly Format[]).includes(format);
}

/** Strips of a matrix, some at a time, so that it needs not be in memory twice. */
export function storeBlocks(d: Device, { type, blocks, shape }: BlockMatrix): Storage {
  const [n, k] = shape;
  const expected = blockBytes(type, shape);
  if (blocks.length !== expected) {
    throw new ShapeError(type, `${expected} bytes for shape [${shape.join(', ')}]`, `${blocks.length} bytes`);
  }
  const stride = n === 0 ? 0 : expected / n;
  const storage = d.allocate(Math.ceil(n / 8) * 8 * stride, type);
  const rows = Math.max(Math.floor(AT_ONCE / stride / 8), 1) * 8;
  try {
    d.withScratch(Math.min(rows, n) * stride, (from) => {
      for (let row = 0; row < n; row += rows) {
        const count = Math.min(rows, n - row);
        new Uint8Array(d.floats.buffer, from, count * stride).set(blocks.subarray(row * stride, (row + count) * stride));
        const to = storage.block.address + row * stride;
        const args = [to, from, count, k / BLOCK_FORMATS[type].weights, ...UNITS[type]];
        d.run('interleave', Math.ceil(count / 8), count * stride * 0.2, args);
      }
    });
  } catch (error) {
    d.release(storage);
    throw error;
  }
  return storage;
}

/** y (…, N) of x (…, K) and a matrix (N, K). */
export function multiplyBlocks(
  d: Device, y: View, x: View, [n, k]: Shape, bias: View | undefined, { block, format }: Storage,
): void {
  const m = sizeOf(x.shape) / k;
  if (m * n === 0) return;
  const panels = Math.ceil(m / 4);
  const panelBytes = (k / 32) * RECORD;
  const most = Math.min(Math.max(Math.floor(ROWS.bytes / panelBytes), 1), ROWS.most / 4);
  const rows = Math.ceil(panels / Math.ceil(panels / most)) * 4;
  const down = Math.ceil(m / rows);
  const columns = Math.ceil(Math.min(Math.max((n * down) / TASKS, COLUMNS.least), COLUMNS.most) / 8) * 8;
  const across = Math.ceil(n / columns);
  const scratch = BESIDE_SUMS + rows * 32;
  d.withScratch(panels * panelBytes + d.threadCount * scratch, (rounded) => {
    const perTask = Math.ceil(ROUND / (4 * k));
    d.run('round', Math.ceil(panels / perTask), m * k, [rounded, x.address, m, k, perTask, panels]);
    const space = rounded + panels * panelBytes;
    const args = [
      y.address, rounded, block.address, m, n, k, bias?.address ?? 0, across, rows, columns, FORMATS.indexOf(format),
      space, scratch,
    ];
    d.run('matmulBlocks', down * across, (2 * m * n * k) / SPEED, args);
  });
}
