/** The table of tiles: which entry a product gets, and that there is one for every product. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TILES, columnsOf, rowsOf } from '../../backends/webgpu/kernels/tile.ts';
import { LARGE, TILE_TABLES, wayOf } from '../../backends/webgpu/tile-table.ts';

describe('the table of tiles', () => {
  it('goes by rows, the last of a class among them, then by size', () => {
    const classes = [
      { rows: 4, small: 'rows', large: '8×256' },
      { rows: Infinity, small: '32×64', large: '64×64' },
    ] as const;
    expect(wayOf(classes, 4, LARGE - 1)).toBe('rows');
    expect(wayOf(classes, 4, LARGE)).toBe('8×256');
    expect(wayOf(classes, 5, LARGE - 1)).toBe('32×64');
    expect(wayOf(classes, 5, LARGE)).toBe('64×64');
  });

  it('has a way for any product, and classes in order', () => {
    for (const { matmul, conv3d } of Object.values(TILE_TABLES)) {
      for (const classes of [matmul, conv3d]) {
        expect(classes.map(({ rows }) => rows)).toEqual(classes.map(({ rows }) => rows).toSorted((a, b) => a - b));
        fc.assert(fc.property(fc.nat(), fc.nat(), (rows, elements) => ['rows', ...Object.keys(TILES)].includes(wayOf(classes, rows, elements))));
      }
    }
  });

  it('names tiles by their rows and columns', () => {
    for (const [name, tile] of Object.entries(TILES)) expect(name).toBe(`${rowsOf(tile)}×${columnsOf(tile)}`);
  });
});
