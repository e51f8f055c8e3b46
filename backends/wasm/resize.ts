/**
 * Resizing with half-pixel centres, one axis after the other: an output is a weighted mean of a window of inputs.
 *
 *   nearest    input ⌊i · n / m⌋ (n inputs, m outputs)
 *   area       the mean of inputs ⌊i · n / m⌋ … ⌈(i + 1) · n / m⌉ − 1
 *   trilinear  between the two inputs around (i + ½) · n / m − ½, which counts as 0 where it is negative
 */

import type { ResizeMode } from '../../src/backend/backend.ts';
import type { Device } from './device.ts';
import { TASK } from './elementwise.ts';

interface Window {
  readonly start: number;
  readonly weights: readonly number[];
}

/** The inputs, of n, that output i of m is made of. */
const WINDOWS: Readonly<Record<ResizeMode, (i: number, n: number, m: number) => Window>> = {
  nearest(i, n, m) {
    // Single precision decides where i · n / m falls just beside an integer.
    const source = Math.floor(Math.fround(i * Math.fround(n / m)));
    return { start: Math.min(source, n - 1), weights: [1] };
  },
  area(i, n, m) {
    const start = Math.floor((i * n) / m);
    const count = Math.ceil(((i + 1) * n) / m) - start;
    return { start, weights: Array.from({ length: count }, () => 1 / count) };
  },
  trilinear(i, n, m) {
    const source = Math.max(((i + 0.5) * n) / m - 0.5, 0);
    const start = Math.min(Math.floor(source), n - 1);
    const share = source - start;
    return start === n - 1 ? { start, weights: [1] } : { start, weights: [1 - share, share] };
  },
};

/** x (outer, n, inner) → y (outer, m, inner). */
export function resizeAxis(
  d: Device, y: number, x: number, [outer, n, inner]: readonly [number, number, number], m: number, mode: ResizeMode,
): void {
  resample(d, y, x, [outer, n, inner], Array.from({ length: m }, (_, i) => WINDOWS[mode](i, n, m)));
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
    const { start, weights } = WINDOWS[mode](o, n, m);
    for (const [w, weight] of weights.entries()) {
      const window = gathered[start + w];
      if (window.weights.length === 0) window.start = o;
      window.weights.push(weight);
    }
  }
  resample(d, x, g, [outer, m, inner], gathered);
}

/** x (outer, n, inner) → y (outer, windows.length, inner). */
function resample(
  d: Device, y: number, x: number, [outer, n, inner]: readonly [number, number, number], windows: readonly Window[],
): void {
  const m = windows.length;
  const weights = windows.flatMap((window) => window.weights);
  d.withScratch((2 * m + 1 + weights.length) * 4, (table) => {
    let at = table / 4;
    let from = 0;
    for (const [i, window] of windows.entries()) {
      d.words[at + i] = window.start;
      d.words[at + m + i] = from;
      from += window.weights.length;
    }
    at += 2 * m;
    d.words[at] = from;
    for (let i = 0; i < weights.length; i++) d.floats[at + 1 + i] = weights[i]; // quicker than set() from a list
    const units = outer * m;
    const perTask = Math.ceil(TASK / Math.max(inner, 4));
    const args = [y, x, units, perTask, n, m, inner, table, table + m * 4, (at + 1) * 4];
    const reads = outer * weights.length * Math.max(inner, 4);
    d.run('resample', Math.ceil(units / perTask), reads, args);
  });
}
