/**
 * y[i, c] = x[rows[i], c], x of 32 or 16 bits, which are widened exactly. One thread an element; bound by memory. Of a matrix
 * in parts one launch a part, each of which leaves the rows of others alone.
 */

import type { Kernel } from './kernel.ts';
import { EACH } from './kernel.ts';
import { VALUE } from './widen.ts';

export const TAKE: Kernel = {
  name: 'take',
  inputs: 2,
  code: /* wgsl */ `
override FORMAT: u32;
struct Params { size: u32, width: u32, first: u32, rows: u32 } // the rows of x are those of the matrix from p.first on
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read> rows: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
${VALUE}

${EACH}
  let row = i / p.width;
  let within = rows[row] - p.first; // wraps below 0, and is then not of this part
  if (within >= p.rows) { return; }
  let at = within * p.width + i - row * p.width;
  y[i] = value(at, x[word(at)]);
}`,
};
