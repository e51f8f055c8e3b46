/** Resizing with half-pixel centres, one axis after the other: an output is a weighted mean of a window of inputs. */

import type { ResizeMode } from '../../src/backend/backend.ts';
import { windowOf } from '../../src/backend/windows.ts';
import type { Window } from '../../src/backend/windows.ts';
import type { Device } from './device.ts';
import { TASK } from './elementwise.ts';

/** Windows as the kernel reads them: their starts (m), where their weights begin (m + 1), the weights' bits. */
type Table = Int32Array;

/** By mode and extents: the same few come again in every chunk. */
const tables = new Map<string, Table>();

/** x (outer, n, inner) → y (outer, m, inner). */
export function resizeAxis(
  d: Device, y: number, x: number, [outer, n, inner]: readonly [number, number, number], m: number, mode: ResizeMode,
): void {
  const key = `${mode} ${n} ${m}`;
  let table = tables.get(key);
  if (table === undefined) {
    table = tableOf(Array.from({ length: m }, (_, i) => windowOf(mode, i, n, m)));
    tables.set(key, table);
  }
  resample(d, y, x, [outer, n, inner], m, table, mode === 'nearest');
}

/**
 * The transpose, g (outer, m, inner) → x (outer, n, inner): an input gathers from the outputs that it is part of, which
 * lie together, for windows only move forward.
 */
export function spreadAxis(
  d: Device, x: number, g: number, [outer, m, inner]: readonly [number, number, number], n: number, mode: ResizeMode,
): void {
  const gathered = Array.from({ length: n }, () => ({ start: 0, weights: [] as number[] }));
  for (let o = 0; o < m; o++) {
    const { start, weights } = windowOf(mode, o, n, m);
    for (const [w, weight] of weights.entries()) {
      const window = gathered[start + w];
      if (window.weights.length === 0) window.start = o;
      window.weights.push(weight);
    }
  }
  resample(d, x, g, [outer, m, inner], n, tableOf(gathered), false);
}

function tableOf(windows: readonly Window[]): Table {
  const weights = windows.flatMap((window) => window.weights);
  const m = windows.length;
  const table = new Int32Array(2 * m + 1 + weights.length);
  let from = 0;
  for (const [i, window] of windows.entries()) {
    table[i] = window.start;
    table[m + i] = from;
    from += window.weights.length;
  }
  table[2 * m] = from;
  new Float32Array(table.buffer, 4 * (2 * m + 1)).set(weights);
  return table;
}

/** x (outer, n, inner) → y (outer, m, inner). `picks`: every output is one input. */
function resample(
  d: Device, y: number, x: number, [outer, n, inner]: readonly [number, number, number], m: number, table: Table, picks: boolean,
): void {
  d.withTable(table, (address) => {
    const units = outer * m;
    const perTask = Math.ceil(TASK / Math.max(inner, 4));
    const weights = address + (2 * m + 1) * 4;
    const args = [y, x, units, perTask, n, m, inner, address, address + m * 4, weights, picks ? 1 : 0];
    const reads = outer * (table.length - 2 * m - 1) * Math.max(inner, 4);
    d.run('resample', Math.ceil(units / perTask), reads, args);
  });
}
