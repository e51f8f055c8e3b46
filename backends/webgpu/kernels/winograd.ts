/**
 * The transforms around a convolution with kernels of 3×3 in space by Winograd's F(2×2, 3×3) (Lavin and Gray 2015): of a tile
 * d of 4×4 numbers, its kernel g and its 2×2 results y,
 *
 *   y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A,  summed over channels and taps in time before A: 16 products in place of 36
 *
 *        ⎡1  0 −1  0⎤       ⎡ 1   0   0 ⎤        ⎡1  1  1  0⎤
 *   Bᵀ = ⎢0  1  1  0⎥   G = ⎢ ½   ½   ½ ⎥   Aᵀ = ⎣0  1 −1 −1⎦
 *        ⎢0 −1  1  0⎥       ⎢ ½  −½   ½ ⎥
 *        ⎣0  1  0 −1⎦       ⎣ 0   0   1 ⎦
 *
 * Each of the 16 elements is a product of matrices of its own, by conv3d.ts with kernels of kt×1×1. One thread a tile; bound by
 * memory: 4 × 4 bytes are written, or read, for each number.
 */

import type { Kernel } from './kernel.ts';
import { EACH } from './kernel.ts';

/** weight (O, C, kt, 3, 3) → u (16, kt, C, O); one thread each of (kt, C, O). */
export const WINOGRAD_WEIGHT: Kernel = {
  name: 'conv3d weight',
  inputs: 1,
  code: /* wgsl */ `
struct Params { size: u32, outputs: u32, channels: u32, kt: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> u: array<f32>;

fn up(a: vec3f) -> vec4f { return vec4f(a.x, 0.5 * (a.x + a.y + a.z), 0.5 * (a.x - a.y + a.z), a.z); }

${EACH}
  let row = i / p.outputs;
  let o = i - row * p.outputs;
  let dt = row / p.channels;
  let c = row - dt * p.channels;
  let at = ((o * p.channels + c) * p.kt + dt) * 9u;
  var columns: array<vec4f, 3>; // G g, by columns
  for (var j = 0u; j < 3u; j++) { columns[j] = up(vec3f(weight[at + j], weight[at + 3u + j], weight[at + 6u + j])); }
  for (var r = 0u; r < 4u; r++) {
    let line = up(vec3f(columns[0][r], columns[1][r], columns[2][r]));
    for (var j = 0u; j < 4u; j++) { u[(r * 4u + j) * p.size + i] = line[j]; }
  }
}`,
};

/** x (B, C, T, H, W) → v (B, 16, C, T, ⌈H/2⌉, ⌈W/2⌉), zeros around every frame. */
export const WINOGRAD_INPUT: Kernel = {
  name: 'conv3d input',
  inputs: 1,
  code: /* wgsl */ `
struct Params { size: u32, planes: u32, down: u32, across: u32, height: u32, width: u32 } // planes: C·T of a sample
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> v: array<f32>;

fn turn(a: vec4f) -> vec4f { return vec4f(a.x - a.z, a.y + a.z, a.z - a.y, a.y - a.w); }

${EACH}
  let line = i / p.across;
  let plane = line / p.down;
  let top = (line - plane * p.down) * 2u - 1u; // wraps below 0, and is then not in the frame
  let left = (i - line * p.across) * 2u - 1u;
  let columns = left + vec4u(0u, 1u, 2u, 3u);
  var d: array<vec4f, 4>;
  for (var r = 0u; r < 4u; r++) {
    let row = top + r;
    let inside = (columns < vec4u(p.width)) & vec4<bool>(row < p.height);
    let at = select(vec4u(), (plane * p.height + row) * p.width + columns, inside);
    d[r] = turn(select(vec4f(), vec4f(x[at.x], x[at.y], x[at.z], x[at.w]), inside)); // d B, by rows
  }
  let each = p.planes * p.down * p.across;
  let sample = i / each;
  let to = sample * 15u * each + i;
  let rows = array<vec4f, 4>(d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]);
  for (var r = 0u; r < 4u; r++) { for (var j = 0u; j < 4u; j++) { v[to + (r * 4u + j) * each] = rows[r][j]; } }
}`,
};

/** m (B, 16, O, T, ⌈H/2⌉, ⌈W/2⌉) → y (B, O, T, H, W), with bias. */
export const WINOGRAD_OUTPUT: Kernel = {
  name: 'conv3d output',
  inputs: 2,
  code: /* wgsl */ `
struct Params { size: u32, planes: u32, down: u32, across: u32, height: u32, width: u32, frames: u32, biasStep: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> m: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

${EACH}
  let line = i / p.across;
  let plane = line / p.down;
  let each = p.planes * p.down * p.across;
  let sample = i / each;
  let at = sample * 15u * each + i;
  var rows: array<vec4f, 4>;
  for (var r = 0u; r < 4u; r++) { for (var j = 0u; j < 4u; j++) { rows[r][j] = m[at + (r * 4u + j) * each]; } }
  let pair = array<vec4f, 2>(rows[0] + rows[1] + rows[2], rows[1] - rows[2] - rows[3]);
  let output = (plane - sample * p.planes) / p.frames;
  let added = select(0.0, bias[output * p.biasStep], p.biasStep != 0u);
  let top = (line - plane * p.down) * 2u;
  let left = (i - line * p.across) * 2u;
  for (var r = 0u; r < 2u; r++) {
    if (top + r >= p.height) { return; }
    let to = (plane * p.height + top + r) * p.width + left;
    y[to] = pair[r].x + pair[r].y + pair[r].z + added;
    if (left + 1u < p.width) { y[to + 1u] = pair[r].y - pair[r].z - pair[r].w + added; }
  }
}`,
};
