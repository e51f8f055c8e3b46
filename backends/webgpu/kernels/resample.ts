/**
 * Resampling along one axis by a table of windows (src/backend/windows.ts), forwards or transposed:
 *
 *   y[outer, i, inner] = Σ_w weight[i, w] · x[outer, start[i] + w, inner]
 *
 * One thread an element, neighbours along `inner`; bound by memory.
 */

import type { Kernel } from './kernel.ts';
import { EACH } from './kernel.ts';

export const RESAMPLE: Kernel = {
  name: 'resize',
  inputs: 2,
  code: /* wgsl */ `
struct Params { size: u32, inputs: u32, outputs: u32, inner: u32, columns: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> table: array<f32>; // a row an output: start, count, weights
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

${EACH}
  let row = i / p.inner;
  let outer = row / p.outputs;
  let window = (row - outer * p.outputs) * p.columns;
  let first = (outer * p.inputs + u32(table[window])) * p.inner + i - row * p.inner;
  let count = u32(table[window + 1u]);
  var sum = 0.0;
  for (var k = 0u; k < count; k++) { sum += table[window + 2u + k] * x[first + k * p.inner]; }
  y[i] = sum;
}`,
};
