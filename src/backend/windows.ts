/**
 * What every output of a resizing is made of, along one axis of n inputs and m outputs (half-pixel centres):
 *
 *   nearest    input ⌊i · n / m⌋
 *   area       the mean of inputs ⌊i · n / m⌋ … ⌈(i + 1) · n / m⌉ − 1
 *   trilinear  between the two inputs around (i + ½) · n / m − ½, which counts as 0 where it is negative
 *
 * Source: torch.nn.functional.interpolate.
 */

import type { ResizeMode } from './backend.ts';

/** Rows of `columns` numbers, one an output: first input, count, weights. */
export interface WindowTable {
  readonly values: Float32Array;
  readonly columns: number;
}

/** The inputs that an output is made of. */
export interface Window {
  readonly start: number;
  readonly weights: readonly number[];
}

export function resizeTable(mode: ResizeMode, inputs: number, outputs: number): WindowTable {
  return tableOf(Array.from({ length: outputs }, (_, i) => windowOf(mode, i, inputs, outputs)));
}

/** Of the transpose: from the gradients of the outputs to those of the inputs. */
export function spreadTable(mode: ResizeMode, inputs: number, outputs: number): WindowTable {
  const weights = Array.from({ length: inputs }, () => new Map<number, number>()); // input → output → weight
  for (let i = 0; i < outputs; i++) {
    const { start, weights: shares } = windowOf(mode, i, inputs, outputs);
    for (const [w, share] of shares.entries()) weights[start + w].set(i, share);
  }
  return tableOf(weights.map((of): Window => {
    if (of.size === 0) return { start: 0, weights: [] };
    const [start, end] = [Math.min(...of.keys()), Math.max(...of.keys()) + 1];
    return { start, weights: Array.from({ length: end - start }, (_, i) => of.get(start + i) ?? 0) };
  }));
}

/** Output i of m, of n inputs. */
export function windowOf(mode: ResizeMode, i: number, n: number, m: number): Window {
  if (mode === 'nearest') {
    // Single precision decides where i · n / m falls just beside an integer.
    const source = Math.floor(Math.fround(i * Math.fround(n / m)));
    return { start: Math.min(source, n - 1), weights: [1] };
  }
  if (mode === 'area') {
    const start = Math.floor((i * n) / m);
    const count = Math.ceil(((i + 1) * n) / m) - start;
    return { start, weights: new Array<number>(count).fill(1 / count) };
  }
  const source = Math.max(((i + 0.5) * n) / m - 0.5, 0);
  const start = Math.min(Math.floor(source), n - 1);
  const share = source - start;
  return start === n - 1 ? { start, weights: [1] } : { start, weights: [1 - share, share] };
}

function tableOf(windows: readonly Window[]): WindowTable {
  const columns = 2 + Math.max(0, ...windows.map(({ weights }) => weights.length));
  const values = new Float32Array(windows.length * columns);
  for (const [i, { start, weights }] of windows.entries()) values.set([start, weights.length, ...weights], i * columns);
  return { values, columns };
}
