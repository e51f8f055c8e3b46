/** Which kernel computes a product of matrices or a convolution, and its arguments. */

import type { Shape } from '../../src/array/host.ts';
import { sizeOf } from '../../src/array/host.ts';
import type { MatmulOptions } from '../../src/backend/backend.ts';
import type { Buffer } from './buffers.ts';
import type { Storage } from './values.ts';
import { ATTENTION_ROWS, MOST_HEAD, attentionKernel } from './kernels/attention.ts';
import { conv3dKernel } from './kernels/conv3d.ts';
import { CONV3D_WEIGHT, WEIGHT_TILE } from './kernels/conv3d-weight.ts';
import { COPY } from './kernels/copy.ts';
import { GROUP, real } from './kernels/kernel.ts';
import type { Kernel } from './kernels/kernel.ts';
import { matmulKernel } from './kernels/matmul.ts';
import { FEW, MATMUL_ROWS, SHAPES } from './kernels/matmul-rows.ts';
import type { Tile, TileName } from './kernels/tile.ts';
import { TILES, columnsOf, rowsOf } from './kernels/tile.ts';
import { FORMATS } from './kernels/widen.ts';
import { addUp } from './sums.ts';
import type { Stage, View } from './stage.ts';
import { wayOf } from './tile-table.ts';
import { suitsWinograd, winograd } from './winograd.ts';

export const MATMUL = kernels(matmulKernel);
export const ATTENTION: readonly Kernel[] = [1, 2, 3, 4].map(attentionKernel);
export const CONV3D = kernels(conv3dKernel);

/** One for every tile. */
function kernels(of: (tile: Tile) => Kernel): ReadonlyMap<TileName, Kernel> {
  return new Map(Object.entries(TILES).map(([name, tile]) => [name as TileName, of(tile)]));
}

export function matmul(d: Stage, shape: Shape, a: View, b: View, options: MatmulOptions, bias: View | undefined): Storage {
  const { transposeA = false, transposeB = false } = options;
  const y = d.make('matmul', shape);
  const shared = b.shape.length === 2;
  const n = shape.at(-1)!;
  const k = a.shape.at(transposeA ? -2 : -1)!;
  // One matrix for all: the rows of all are rows of one product.
  const fold = shared && !transposeA;
  const matrices = fold ? 1 : sizeOf(shape.slice(0, -2));
  const m = fold ? sizeOf(shape.slice(0, -1)) : shape.at(-2)!;
  if (m * n * matrices === 0) return y.storage;
  const { format, split } = b.storage.array.value;
  const stored = split !== undefined || (format !== 'f32' && fold && transposeB);
  const one = d.tables.one.array.value.buffer;
  const added = bias === undefined ? one : d.buffer(bias);
  const FORMAT = stored ? FORMATS.indexOf(format) : 0;
  const left = d.buffer(a);
  // Rows of a matrix in parts are columns of y if it is transposed, else terms of its sums.
  for (const part of stored ? d.parts(b) : [{ buffer: d.buffer(b), from: 0, rows: b.shape[0] }]) {
    const [terms, columns] = split === undefined ? [k, n] : transposeB ? [k, part.rows] : [part.rows, n];
    const work = matrices * m * terms * columns;
    const [kFrom, yFrom] = transposeB ? [0, part.from] : [part.from, 0];
    const inputs = [left, part.buffer, added];
    const numbers = (tiles: number, across: number, down: number): number[] => [
      tiles, across, down, m, terms, columns, m * k, shared ? 0 : k * n, bias === undefined ? 0 : 1, n, yFrom, k, kFrom,
    ];
    const way = wayOf(d.device.tiles.matmul, m, m * columns * matrices);
    if (way === 'rows' && !transposeA) {
      const { LANES, columns: wide } = SHAPES[transposeB ? 'transposed' : 'plain'];
      const [across, down] = [Math.ceil(columns / wide), Math.ceil(m / FEW)];
      const tiles = across * down * matrices;
      const constants = { FORMAT, TRANSPOSE_B: Number(transposeB), LANES };
      d.launch(MATMUL_ROWS, constants, inputs, y, numbers(tiles, across, down), tiles, work);
    } else {
      const name = way === 'rows' ? '8×256' : way;
      const tile = TILES[name];
      const [across, down] = [Math.ceil(columns / columnsOf(tile)), Math.ceil(m / rowsOf(tile))];
      const tiles = across * down * matrices;
      const constants = { FORMAT, TRANSPOSE_A: Number(transposeA), TRANSPOSE_B: Number(transposeB) };
      d.launch(MATMUL.get(name)!, constants, inputs, y, numbers(tiles, across, down), tiles, work);
    }
  }
  return y.storage;
}

/** q (B, H, L, D), k and v (B, KV, S, D); undefined for heads that do not come in fours, or are too wide. */
export function attention(d: Stage, q: View, k: View, v: View, mask: View | undefined): Storage | undefined {
  const [batch, heads, length, width] = q.shape as [number, number, number, number];
  const [, groups, keys] = k.shape as [number, number, number, number];
  if (width % 4 !== 0 || width > MOST_HEAD || keys === 0) return undefined;
  const y = d.make('attention', q.shape);
  const rows = (heads / Math.max(groups, 1)) * length;
  const down = Math.ceil(rows / ATTENTION_ROWS);
  const tiles = batch * groups * down;
  const inputs = [d.buffer(q), d.buffer(k), d.buffer(v), mask === undefined ? d.tables.one.array.value.buffer : d.buffer(mask)];
  const constants = { DIM: width / 4, MASKED: Number(mask !== undefined) };
  const numbers = [tiles, down, rows, keys, length, real(1 / Math.sqrt(width))];
  const work = 2 * batch * groups * rows * keys * width;
  return d.launch(ATTENTION[Math.ceil(width / 32) - 1], constants, inputs, y, numbers, tiles, work);
}

export function conv3d(d: Stage, shape: Shape, x: View, weight: View, bias: View | undefined): Storage {
  const y = shape as Five;
  const kernel = weight.shape as Five;
  if (sizeOf(shape) > 0 && suitsWinograd(d, y, kernel)) {
    const [outputs, channels, kt] = kernel;
    return winograd(d, y, x, weight, bias, (m, v, u) => product(d, m, v, u, [outputs, channels, kt, 1, 1], undefined, true));
  }
  const to = d.make('conv3d', shape);
  if (sizeOf(shape) > 0) product(d, to, x, tapsFirst(d, weight), kernel, bias, false);
  return to.storage;
}

/** y from x and weights (kt, kh, kw, C, O) of the extents `kernel`; or with 16 such weights, in turns along the batch. */
function product(d: Stage, y: View, x: View, weight: Buffer, kernel: Five, bias: View | undefined, several: boolean): void {
  const [batch, outputs, frames, height, width] = y.shape as Five;
  const [, channels, kt, kh, kw] = kernel;
  const area = height * width;
  const name = wayOf(d.device.tiles.conv3d, outputs, sizeOf(y.shape));
  const tile = TILES[name];
  const [across, down] = [Math.ceil((area * frames) / columnsOf(tile)), Math.ceil(outputs / rowsOf(tile))];
  const tiles = across * down * batch;
  const numbers = [
    tiles, across, down, channels * kt * kh * kw, outputs, area, bias === undefined ? 0 : 1,
    frames, height, width, channels, x.shape[2], kt, kh, kw, several ? sizeOf(kernel) : 0,
  ];
  const added = bias === undefined ? d.tables.one.array.value.buffer : d.buffer(bias);
  d.launch(CONV3D.get(name)!, {}, [d.buffer(x), weight, added], y, numbers, tiles, sizeOf(y.shape) * numbers[3]);
}

/** (O, C, kt, kh, kw) → (kt, kh, kw, C, O), which stays with the weight. */
function tapsFirst(d: Stage, weight: View): Buffer {
  const from = d.buffer(weight);
  const { value } = weight.storage.array;
  if (value.packed === undefined) {
    const [outputs, channels, ...taps] = weight.shape;
    const count = sizeOf(taps);
    const size = sizeOf(weight.shape);
    const what = d.what('conv3d weight', weight.shape);
    value.packed = d.device.take(Math.max(size * 4, 4), what);
    const walk = [outputs, channels * count, 1, 0, channels, count, outputs, 0, count, 1, channels * outputs, 0];
    d.device.launch(COPY, {}, [from], value.packed, [size, 3, 0, 0, ...walk], Math.ceil(size / GROUP), 0, what);
  }
  return value.packed;
}

/** Positions of a slab, at least; slabs at most; and groups that keep a card busy. */
const SLAB = 256;
const SLABS = 64;
const BUSY = 128;

export function conv3dWeightGradient(d: Stage, shape: Shape, x: View, gradient: View): Storage {
  const [batch, outputs, frames, height, width] = gradient.shape as Five;
  const [, channels, kt, kh, kw] = shape as Five;
  const columns = channels * kt * kh * kw;
  const positions = batch * frames * height * width;
  const [across, down] = [Math.ceil(columns / columnsOf(WEIGHT_TILE)), Math.ceil(outputs / rowsOf(WEIGHT_TILE))];
  const wanted = Math.min(Math.ceil(BUSY / (across * down)), Math.ceil(positions / SLAB), SLABS);
  const slab = Math.ceil(positions / Math.max(wanted, 1) / 16) * 16;
  const slabs = Math.max(Math.ceil(positions / Math.max(slab, 1)), 1);
  const parts = d.make('conv3dWeightGradient', [slabs, ...shape]);
  const tiles = across * down * slabs;
  const area = height * width;
  const numbers = [tiles, across, down, positions, slab, outputs, area, frames, height, width, channels, x.shape[2], kt, kh, kw];
  d.launch(CONV3D_WEIGHT, {}, [d.buffer(x), d.buffer(gradient)], parts, numbers, tiles, outputs * columns * positions);
  if (slabs === 1) return parts.storage;
  const sum = addUp(d, parts, [1, slabs, sizeOf(shape)], shape);
  d.device.release(parts.storage);
  return sum;
}

type Five = readonly [number, number, number, number, number];
