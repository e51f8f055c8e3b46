/** y = x / √(mean(x²) + ε) · weight over rows that lie together; groups of rows (row-groups.ts). */

import type { Kernel } from './kernel.ts';
import { BY_ROWS, OVER_LANES } from './row-groups.ts';

export const RMS_NORM: Kernel = {
  name: 'rmsNorm',
  inputs: 2,
  code: /* wgsl */ `
struct Params { rows: u32, extent: u32, inner: u32, epsilon: f32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
${OVER_LANES}

${BY_ROWS}
  var squares = 0.0;
  for (var k = lane; k < end; k += LANES) { squares += x[first + k] * x[first + k]; }
  let scale = 1.0 / sqrt(sumOf(squares, t) / f32(p.extent) + p.epsilon);
  for (var k = lane; k < end; k += LANES) { y[first + k] = x[first + k] * scale * weight[k]; }
}`,
};
