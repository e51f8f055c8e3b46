/** y[i] = e^(x[i] − max x) / Σ e^(x[n] − max x) over rows that lie together; groups of rows (row-groups.ts). */

import type { Kernel } from './kernel.ts';
import { BY_ROWS, OVER_LANES } from './row-groups.ts';

export const SOFTMAX: Kernel = {
  name: 'softmax',
  inputs: 1,
  code: /* wgsl */ `
struct Params { rows: u32, extent: u32, inner: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
${OVER_LANES}

${BY_ROWS}
  var top = -3.4028234e38;
  for (var k = lane; k < end; k += LANES) { top = max(top, x[first + k]); }
  top = maxOf(top, t);
  var sum = 0.0;
  for (var k = lane; k < end; k += LANES) {
    let e = exp(x[first + k] - top);
    y[first + k] = e;
    sum += e;
  }
  sum = sumOf(sum, t);
  for (var k = lane; k < end; k += LANES) { y[first + k] /= sum; }
}`,
};
