/**
 * From the gradient g of y = x / max(‖x‖, δ) · gain to that of x, along one axis; with u = x / max(‖x‖, δ), h = g · gain:
 *
 *   x̄ = (h − u·⟨u, h⟩) / ‖x‖ where ‖x‖ > δ,  h / δ elsewhere
 *
 * Groups of rows (row-groups.ts).
 */

import type { Kernel } from './kernel.ts';
import { NORM } from './l2-normalize.ts';
import { BY_ROWS, OVER_LANES } from './row-groups.ts';

export const L2_NORMALIZE_GRADIENT: Kernel = {
  name: 'l2NormalizeGradient',
  inputs: 3,
  code: /* wgsl */ `
struct Params { rows: u32, extent: u32, inner: u32, step: u32 } // step 0 reads one gain for all
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> g: array<f32>;
@group(0) @binding(3) var<storage, read> gain: array<f32>;
@group(0) @binding(4) var<storage, read_write> to: array<f32>;
${OVER_LANES}

${BY_ROWS}
${NORM}
  var part = 0.0;
  for (var k = lane; k < end; k += LANES) {
    let at = first + k * p.inner;
    part += x[at] / norm * g[at] * gain[k * p.step];
  }
  let radial = select(0.0, sumOf(part, t), norm > 1e-12);
  for (var k = lane; k < end; k += LANES) {
    let at = first + k * p.inner;
    to[at] = (g[at] * gain[k * p.step] - x[at] / norm * radial) / norm;
  }
}`,
};
