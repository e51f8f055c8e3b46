/**
 * Matrix products: a matrix of a linear layer lies in panels (kernels/pack.ts), for any number of rows. Else, for few rows,
 * packing would cost as much as the product: B is read in place, as dot products when it is stored transposed, or row by row.
 * Matrices of quantized weights have kernels of their own: quantized.ts.
 */

import type { Shape } from '../../src/array/host.ts';
import type { MatmulOptions } from '../../src/backend/backend.ts';
import type { Device, Storage } from './device.ts';
import { FORMATS } from './device.ts';
import { TASK } from './elementwise.ts';
import { withPacked } from './packed.ts';
import type { View } from './strides.ts';

/** Below this many rows B is read in place (measured). */
const FEW_ROWS = 32;

/** Rows of A that are packed at a time; more where B must be widened for each of them. */
const ROWS = { wide: 64, stored: 256 };

/** Columns of B for which they are packed. */
const COLUMNS = { least: 64, most: 512 };

/** Tasks, where smaller ones make so many: there may be so many threads. */
export const TASKS = 4;

/** COLUMNS of kernels/matmul-dots.ts and matmul-rows.ts. */
const BLOCK = { dots: 32, inPlace: 64 };

/** DEPTH and ROWS of kernels/matmul.ts. */
const DEPTH = 256;
const BESIDE_ROWS = 128 + 16384;

/** Elements of A that are packed at a time, 256 KiB. */
const PIECE = 65536;

/** Multiplications and additions in a nanosecond, roughly. */
export const SPEED = 20;

interface Product {
  readonly a: View;
  readonly b: View;
  /** Address, or 0. */
  readonly bias: number;
  /** Matrices, rows, inner extent, columns. */
  readonly batch: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Bytes from matrix to matrix. */
  readonly nextA: number;
  readonly nextB: number;
  /** Of 16 bits only for one transposed matrix for all. */
  readonly storageB: Storage;
}

/** Whether a product is that of a linear layer: rows times one transposed matrix, which may stay in panels. */
export function isLayer({ transposeA, transposeB }: Pick<MatmulOptions, 'transposeA' | 'transposeB'>, b: { readonly shape: Shape }): boolean {
  return transposeB === true && transposeA !== true && b.shape.length === 2;
}

/** The shapes are known to fit. */
export function matmul(
  d: Device, y: View, a: View, b: View, options: MatmulOptions, bias: View | undefined, storageB: Storage,
): void {
  const [transposeA, transposeB] = [options.transposeA === true, options.transposeB === true];
  const [m, n] = [y.shape.at(-2)!, y.shape.at(-1)!];
  const k = a.shape.at(transposeA ? -2 : -1)!;
  let batch = 1;
  for (const extent of y.shape.slice(0, -2)) batch *= extent;
  if (batch * m * n === 0) return;
  const shared = b.shape.length === 2;
  // One matrix for all: the rows of all are rows of one product.
  const fold = shared && !transposeA;
  product(d, y.address, {
    a, b, bias: bias?.address ?? 0, batch: fold ? 1 : batch, m: fold ? batch * m : m, k, n, transposeA, transposeB,
    nextA: m * k * 4, nextB: shared ? 0 : k * n * 4, storageB,
  });
}

function product(d: Device, c: number, p: Product): void {
  if (p.storageB.format !== 'f32') blocks(d, c, p, p.b.address, p.nextB);
  else if (isLayer(p, p.b) || p.m >= FEW_ROWS || (p.transposeA && p.transposeB)) packed(d, c, p);
  else if (p.transposeB) dots(d, c, p);
  else inPlace(d, c, p);
}

function dots(d: Device, c: number, p: Product): void {
  const blocks = Math.ceil(p.n / BLOCK.dots);
  const args = [c, p.a.address, p.b.address, p.m, p.n, p.k, p.nextA, p.nextB, p.bias, blocks];
  d.run('matmulDots', p.batch * blocks, nanoseconds(p), args);
}

function inPlace(d: Device, c: number, p: Product): void {
  const blocks = Math.ceil(p.n / BLOCK.inPlace);
  const args = [c, p.a.address, p.b.address, p.m, p.n, p.k, p.nextA, p.nextB, p.bias, blocks, ...stridesA(p)];
  d.run('matmulRows', p.batch * blocks, nanoseconds(p), args);
}

/** Panels of a batch stay with it: attention in blocks of rows comes back to the same keys. */
function packed(d: Device, c: number, p: Product): void {
  const batchB = p.nextB === 0 ? 1 : p.batch;
  const size = panelBytes(p.n, p.k);
  const fill = (to: number): void => pack(d, to, p.b.address, batchB, p.n, p.k, p.transposeB ? [p.k * 4, 4] : [4, p.n * 4], 8);
  const body = (panels: number): void => blocks(d, c, p, panels, batchB === 1 ? 0 : size);
  const form = p.nextB === 0 ? undefined : p.transposeB ? 'panels, transposed' : 'panels';
  withPacked(d, p.storageB, form, batchB * size, fill, body);
}

/** `b` is the address of panels, `nextB` bytes from matrix to matrix, or of a matrix in 16 bits. */
function blocks(d: Device, c: number, p: Product, b: number, nextB: number): void {
  const { batch, m, n, k, storageB: { format: formatB } } = p;
  const stored = formatB !== 'f32' && formatB !== 'panels';
  const rows = evenly(m, stored ? ROWS.stored : ROWS.wide, 4);
  const down = Math.ceil(m / rows);
  const columns = evenly(n, Math.min(Math.max((n * batch * down) / TASKS, COLUMNS.least), COLUMNS.most), 32);
  const across = Math.ceil(n / columns);
  const piece = Math.max(Math.floor(PIECE / (rows * DEPTH)), 1) * DEPTH;
  // One or two rows are read in place.
  const scratch = stored || m > 2 ? BESIDE_ROWS + Math.max(rows, 8) * Math.min(k, piece) * 4 : 0;
  d.withScratch(d.threadCount * scratch, (space) => {
    const type = stored ? FORMATS.indexOf(formatB) : 0;
    const args = [
      c, p.a.address, b, m, n, k, p.nextA, nextB, p.bias, down, across, rows, columns, ...stridesA(p), type, space, scratch,
      piece,
    ];
    d.run('matmul', batch * down * across, nanoseconds(p), args);
  });
}

/** Along the rows and along K, in bytes. */
function stridesA({ transposeA, m, k }: Product): [number, number] {
  return transposeA ? [4, m * 4] : [k * 4, 4];
}

/** Bytes of a matrix of n columns in panels. */
function panelBytes(n: number, k: number): number {
  return Math.ceil(n / 8) * k * 32;
}

/**
 * Packs `batch` matrices (rows, k) into panels of 4 or 8 rows.
 * @param strides bytes along the rows, along k; one of them 4.
 */
export function pack(
  d: Device, to: number, from: number, batch: number, rows: number, k: number, strides: readonly [number, number], width: 4 | 8,
): void {
  if (k === 0) return;
  const panels = Math.ceil(rows / width);
  const perTask = Math.ceil(TASK / (width * k));
  const shape = [batch * panels, perTask, panels, rows, k, ...strides, rows * k * 4, width];
  d.run('pack', Math.ceil((batch * panels) / perTask), batch * rows * k, [to, from, ...shape]);
}

/** The size of the parts when `total` is cut as evenly as can be into parts of at most `most`, in multiples of `unit`. */
function evenly(total: number, most: number, unit: number): number {
  return Math.ceil(total / Math.ceil(total / most) / unit) * unit;
}

function nanoseconds({ batch, m, n, k }: Product): number {
  return (2 * batch * m * n * k) / SPEED;
}
