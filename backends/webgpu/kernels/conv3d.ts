/**
 * 3-D convolution, stride 1, zeros around space and none in time, as a product of matrices in tiles (tile.ts) whose second
 * one is never written (implicit GEMM):
 *
 *   y[o, q] = bias[o] + Σ_s weight[o, s] · x[c, q + shift],  s = (dt, di, dj, c), q = (t, i, j)
 *   shift of a tap: (dt, di − ⌊kh/2⌋, dj − ⌊kw/2⌋); x outside of a frame is 0
 *
 * Weights come as (dt, di, dj, c, o), so that neighbouring threads read neighbouring outputs; neighbours along q lie together
 * in x too. Every thread has the same four positions in all loads, so their coordinates are found once. Bound by arithmetic:
 * x is read 27 / 64 times a multiplication of a tile of 64 outputs, from the caches.
 */

import type { Kernel } from './kernel.ts';
import type { Tile } from './tile.ts';
import { columnsOf, rowsOf, tiledProduct } from './tile.ts';

/** Of one convolution, as conv3d.ts and conv3d-weight.ts have them: extents of y and x, and of the kernel. */
export const CONV_PARAMS = 'frames: u32, height: u32, width: u32, channels: u32, framesOfX: u32, kt: u32, kh: u32, kw: u32';

export function conv3dKernel(tile: Tile): Kernel {
  const functions = /* wgsl */ `
// Outputs beyond the last are the last, and never stored.
fn loadA(k: u32, row: u32) -> vec4f {
  let at = weightFrom + k * p.outputs + min(vec4u(row, row + 1u, row + 2u, row + 3u), vec4u(p.outputs - 1u));
  return vec4f(weight[at.x], weight[at.y], weight[at.z], weight[at.w]);
}

fn loadB(k: u32, column: u32) -> vec4f {
  let tap = k / p.channels;
  let c = k - tap * p.channels;
  let down = tap / p.kw;
  let dj = tap - down * p.kw;
  let dt = down / p.kh;
  let di = down - dt * p.kh;
  let i = rowsOfX + di; // wraps below 0, and is then not in the frame
  let j = columnsOfX + dj;
  let inside = (i < vec4u(p.height)) & (j < vec4u(p.width)) & (positions < vec4u(p.area * p.frames));
  let at = ((batch * p.channels + c) * p.framesOfX + framesOfX + dt) * p.area + i * p.width + j;
  let zero = vec4u();
  let safe = select(zero, at, inside);
  return select(vec4f(), vec4f(x[safe.x], x[safe.y], x[safe.z], x[safe.w]), inside);
}

fn store(row: u32, column: u32, v: vec4f) {
  if (row >= p.outputs) { return; }
  let to = (batch * p.outputs + row) * p.area * p.frames + column;
  let added = select(0.0, bias[row * p.biasStep], p.biasStep != 0u);
  for (var i = 0u; i < 4u; i++) { if (column + i < p.area * p.frames) { y[to + i] = v[i] + added; } }
}`;
  const start = /* wgsl */ `
  let tilesDown = tile / p.tilesAcross;
  batch = tilesDown / p.tilesDown;
  weightFrom = batch % 16u * p.nextWeight;
  rowFrom = (tilesDown - batch * p.tilesDown) * ${rowsOf(tile)}u;
  positions = vec4u(0u, 1u, 2u, 3u) + columnFrom + threadId % ${columnsOf(tile) / 4}u * 4u;
  framesOfX = positions / p.area;
  let rest = positions - framesOfX * p.area;
  let line = rest / p.width;
  rowsOfX = line - p.kh / 2u;
  columnsOfX = rest - line * p.width - p.kw / 2u;`;
  return {
    name: 'conv3d',
    inputs: 3,
    code: /* wgsl */ `
struct Params {
  tiles: u32, tilesAcross: u32, tilesDown: u32, k: u32, outputs: u32, area: u32, biasStep: u32, ${CONV_PARAMS},
  nextWeight: u32, // numbers of a weight, where 16 follow each other in the batch (winograd.ts), else 0
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
var<private> batch: u32;
var<private> weightFrom: u32;
var<private> positions: vec4u; // of this thread's loads, in y
var<private> framesOfX: vec4u;
var<private> rowsOfX: vec4u;
var<private> columnsOfX: vec4u;
${tiledProduct(tile, { functions, start, alongA: 'false', alongB: 'false' })}`,
  };
}
