/** Resampling along one axis by a table of windows (windows.ts), and rotary embeddings. */

import type { This } from './kernel.ts';
import { kernel } from './kernel.ts';

/**
 * y[outer, i, inner] = Σ_w weight[i, w] · x[outer, start[i] + w, inner]; a row of the table: start, count, weights.
 */
function resampled(
  this: This, x: number[], table: number[], size: number, inputs: number, outputs: number, inner: number, columns: number,
): number {
  if (this.thread.x >= size) return 0;
  const row = quotient(this.thread.x, inner);
  const outer = quotient(row, outputs);
  const window = (row - outer * outputs) * columns;
  const first = (outer * inputs + Math.floor(table[window])) * inner + this.thread.x - row * inner;
  const count = Math.floor(table[window + 1]);
  let sum = 0;
  for (let w = 0; w < count; w++) sum += table[window + 2 + w] * x[first + w * inner];
  return sum;
}

/**
 * y[2i] = x[2i] cos − x[2i+1] sin, y[2i+1] = x[2i] sin + x[2i+1] cos; rope: `pairs` cosines, then as many sines.
 */
function turned(this: This, x: number[], rope: number[], size: number, pairs: number): number {
  if (this.thread.x >= size) return 0;
  const pair = quotient(this.thread.x, 2);
  const angle = pair - quotient(pair, pairs) * pairs;
  const even = x[pair * 2];
  const odd = x[pair * 2 + 1];
  const cosine = rope[angle];
  const sine = rope[pairs + angle];
  let y = even * cosine - odd * sine;
  if (this.thread.x > pair * 2) y = even * sine + odd * cosine;
  return y;
}

export const RESAMPLE = kernel('resize', resampled, 2);
export const ROTARY = kernel('rotary', turned, 2);
