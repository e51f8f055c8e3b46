/**
 * y = x / max(‖x‖₂, δ) · gain, δ = 1e-12, along one axis; groups of rows (row-groups.ts).
 * ‖x‖ = m ‖x / m‖ with m = max(|x|, δ): squares of x / m can neither overflow nor vanish.
 */

import type { Kernel } from './kernel.ts';
import { BY_ROWS, OVER_LANES } from './row-groups.ts';

/** `norm`, max(‖x‖₂, δ) of the row. */
export const NORM = /* wgsl */ `
  var most = 1e-12;
  for (var k = lane; k < end; k += LANES) { most = max(most, abs(x[first + k * p.inner])); }
  most = maxOf(most, t);
  var squares = 0.0;
  for (var k = lane; k < end; k += LANES) {
    let v = x[first + k * p.inner] / most;
    squares += v * v;
  }
  let norm = max(most * sqrt(sumOf(squares, t)), 1e-12);`;

export const L2_NORMALIZE: Kernel = {
  name: 'l2Normalize',
  inputs: 2,
  code: /* wgsl */ `
struct Params { rows: u32, extent: u32, inner: u32, step: u32 } // step 0 reads one gain for all
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> gain: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
${OVER_LANES}

${BY_ROWS}
${NORM}
  for (var k = lane; k < end; k += LANES) {
    let at = first + k * p.inner;
    y[at] = x[at] / norm * gain[k * p.step];
  }
}`,
};
