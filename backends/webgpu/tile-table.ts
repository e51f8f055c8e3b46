/**
 * Which tile computes a product: by its rows (of a convolution: outputs) and by its size, a table for each kind of adapter.
 * `npx tsx bench/tune-webgpu.ts` measures every tile and prints the table of the adapter at hand.
 */

import type { TileName } from './kernels/tile.ts';

/** A product in tiles, or one of matrices by rows (kernels/matmul-rows.ts). */
export type Way = TileName | 'rows';

/** Products of at most so many rows that are of no class before. */
export interface ShapeClass<W extends Way = Way> {
  readonly rows: number;
  readonly small: W;
  readonly large: W;
}

/** Classes in order, the last for any number of rows. */
export interface TileTable {
  readonly matmul: readonly ShapeClass[];
  readonly conv3d: readonly ShapeClass<TileName>[];
}

/** Numbers of a result from which on it is large: 128 of the largest tiles, which keep a card busy. */
export const LARGE = 2 ** 19;

/** Measured on SwiftShader 5.0, two threads of an AMD EPYC: a processor computes a few tiles at a time, and is busy with them. */
const SOFTWARE: TileTable = {
  matmul: [
    { rows: 4, small: 'rows', large: 'rows' },
    { rows: 8, small: '8×256', large: '8×256' },
    { rows: 16, small: '16×128', large: '16×128' },
    { rows: 32, small: '32×64', large: '32×64' },
    { rows: Infinity, small: '64×64', large: '64×64' },
  ],
  conv3d: [
    { rows: 8, small: '8×256', large: '8×256' },
    { rows: 16, small: '16×128', large: '16×128' },
    { rows: 32, small: '32×64', large: '32×64' },
    { rows: Infinity, small: '64×64', large: '64×64' },
  ],
};

/** Not measured, for want of a card: the smaller tiles where the largest ones would be too few, or mostly empty. */
const CARD: TileTable = {
  matmul: [
    { rows: 8, small: 'rows', large: 'rows' },
    { rows: 16, small: '16×128', large: '16×128' },
    { rows: 32, small: '32×64', large: '32×64' },
    { rows: Infinity, small: '32×64', large: '64×64' },
  ],
  conv3d: [
    { rows: 8, small: '8×256', large: '8×256' },
    { rows: 16, small: '16×128', large: '16×128' },
    { rows: 32, small: '32×64', large: '32×64' },
    { rows: Infinity, small: '32×64', large: '64×64' },
  ],
};

export const TILE_TABLES = { software: SOFTWARE, card: CARD } as const;

/** @param elements of the result, all matrices together. */
export function wayOf<W extends Way>(classes: readonly ShapeClass<W>[], rows: number, elements: number): W {
  const of = classes.find((each) => rows <= each.rows)!;
  return elements < LARGE ? of.small : of.large;
}
