/**
 * Matrix products: chooses between three kernels by the number of rows.
 *
 * For few rows, packing the matrix would cost as much as the product: it is read in place, as dot products when it is
 * stored transposed (linear layers), else row by row. For many rows both operands are packed first.
 */

import type { MatmulOptions } from '../../src/backend/backend.ts';
import type { Device, ElementType } from './device.ts';
import { ELEMENT_TYPES } from './device.ts';
import { TASK } from './elementwise.ts';
import type { View } from './strides.ts';

/** Below this many rows B is read in place (measured, bench/kernels.ts). */
const FEW_ROWS = 32;

/** ROWS and COLUMNS of kernels/matmul.ts, matmul-dots.ts and matmul-rows.ts. */
const BLOCK = { rows: 64, columns: 128, dots: 32, inPlace: 64 };

/** Multiplications and additions in a nanosecond, roughly. */
const SPEED = 20;

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
  /** Other than f32 only for one transposed matrix for all. */
  readonly typeB: ElementType;
}

/** The shapes are known to fit. */
export function matmul(
  d: Device, y: View, a: View, b: View, options: MatmulOptions, bias: View | undefined, typeB: ElementType,
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
    nextA: m * k * 4, nextB: shared ? 0 : k * n * 4, typeB,
  });
}

function product(d: Device, c: number, p: Product): void {
  if (p.m >= FEW_ROWS || (p.transposeA && p.transposeB)) packed(d, c, p);
  else if (p.transposeB) dots(d, c, p);
  else inPlace(d, c, p);
}

function dots(d: Device, c: number, p: Product): void {
  const blocks = Math.ceil(p.n / BLOCK.dots);
  const scratch = scratchBytes(p.typeB, p.k, 4);
  d.withScratch(d.threadCount * scratch, (rows) => {
    const type = ELEMENT_TYPES.indexOf(p.typeB);
    const args = [c, p.a.address, p.b.address, p.m, p.n, p.k, p.nextA, p.nextB, p.bias, blocks, type, rows, scratch];
    d.run('matmulDots', p.batch * blocks, nanoseconds(p), args);
  });
}

function inPlace(d: Device, c: number, p: Product): void {
  const blocks = Math.ceil(p.n / BLOCK.inPlace);
  const [alongM, alongK] = p.transposeA ? [4, p.m * 4] : [p.k * 4, 4];
  const args = [c, p.a.address, p.b.address, p.m, p.n, p.k, p.nextA, p.nextB, p.bias, blocks, alongM, alongK];
  d.run('matmulRows', p.batch * blocks, nanoseconds(p), args);
}

function packed(d: Device, c: number, p: Product): void {
  const { m, n, k, batch } = p;
  const sizeA = Math.ceil(m / 4) * k * 16; // bytes
  const sizeB = Math.ceil(n / 8) * k * 32;
  const batchB = p.nextB === 0 ? 1 : batch;
  d.withScratch(batch * sizeA, (packedA) => {
    d.withScratch(batchB * sizeB, (packedB) => {
      d.withScratch(d.threadCount * 128, (tiles) => {
        pack(d, packedA, p.a.address, batch, m, k, p.transposeA ? [4, m * 4] : [k * 4, 4], 4);
        pack(d, packedB, p.b.address, batchB, n, k, p.transposeB ? [k * 4, 4] : [4, n * 4], 8, p.typeB);
        const blocks = [Math.ceil(m / BLOCK.rows), Math.ceil(n / BLOCK.columns)] as const;
        const args = [c, packedA, packedB, m, n, k, sizeA, batchB === 1 ? 0 : sizeB, p.bias, ...blocks, tiles];
        d.run('matmul', batch * blocks[0] * blocks[1], nanoseconds(p), args);
      });
    });
  });
}

/**
 * Packs `batch` matrices (rows, k) into panels of 4 or 8 rows; of 16 bits only with stride 4 along k.
 * @param strides bytes along the rows, along k; one of them 4.
 */
export function pack(
  d: Device, to: number, from: number, batch: number, rows: number, k: number, strides: readonly [number, number], width: 4 | 8,
  type: ElementType = 'f32',
): void {
  if (k === 0) return;
  const panels = Math.ceil(rows / width);
  const perTask = Math.ceil(TASK / (width * k));
  const scratch = scratchBytes(type, k, width);
  d.withScratch(d.threadCount * scratch, (space) => {
    const shape = [batch * panels, perTask, panels, rows, k, ...strides, rows * k * 4, width];
    d.run('pack', Math.ceil((batch * panels) / perTask), batch * rows * k, [
      to, from, ...shape, ELEMENT_TYPES.indexOf(type), space, scratch,
    ]);
  });
}

/** Room for some rows of k numbers, widened to whole vectors. */
function scratchBytes(type: ElementType, k: number, rows: number): number {
  return type === 'f32' ? 0 : rows * Math.ceil(k / 4) * 16;
}

function nanoseconds({ batch, m, n, k }: Product): number {
  return (2 * batch * m * n * k) / SPEED;
}
