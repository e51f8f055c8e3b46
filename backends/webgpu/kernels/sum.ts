/**
 * y[outer, s, inner] = Σ x[outer, n, inner] over n from s·chunk to (s + 1)·chunk, of (outer, extent, inner): an axis is cut
 * into chunks where there are few rows and they are long. Groups of rows (row-groups.ts).
 */

import type { Kernel } from './kernel.ts';
import { OVER_LANES } from './row-groups.ts';

export const SUM: Kernel = {
  name: 'sum',
  inputs: 1,
  code: /* wgsl */ `
struct Params { rows: u32, extent: u32, inner: u32, chunk: u32, chunks: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
${OVER_LANES}

@compute @workgroup_size(ROWS, LANES)
fn main(@builtin(workgroup_id) w: vec3u, @builtin(num_workgroups) n: vec3u, @builtin(local_invocation_id) t: vec3u) {
  let row = (w.x + w.y * n.x) * ROWS + t.x; // of (outer, chunks, inner)
  let inside = row < p.rows;
  let piece = row / p.inner;
  let outer = piece / p.chunks;
  let begin = (piece - outer * p.chunks) * p.chunk;
  let end = select(0u, min(begin + p.chunk, p.extent), inside);
  let first = outer * p.extent * p.inner + row - piece * p.inner;
  var part = 0.0;
  for (var k = begin + t.y; k < end; k += LANES) { part += x[first + k * p.inner]; }
  let total = sumOf(part, t);
  if (inside && t.y == 0u) { y[row] = total; }
}`,
};
