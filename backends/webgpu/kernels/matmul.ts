/**
 * Matrix products in tiles (tile.ts): y[m, n] = bias[n] + Σₖ a[m, k] · b[k, n], for every leading index.
 *
 * Transposes are strides of the loads; threads load neighbours together. Weights of 16 bits are widened on the way into
 * workgroup memory, exactly. A tile of 64×64 reads 128 numbers for 4096 multiplications, 16 operations a byte: bound by
 * arithmetic where caches bring a byte for every 16 operations. Of a B in parts (parts.ts) a launch computes columns of y, or
 * adds terms to its sums.
 */

import type { Kernel } from './kernel.ts';
import type { Tile } from './tile.ts';
import { rowsOf, tiledProduct } from './tile.ts';
import { VALUE } from './widen.ts';

export function matmulKernel(tile: Tile): Kernel {
  const functions = /* wgsl */ `
// Rows and columns beyond the last are those of the last, and never stored: loads need no conditions.
fn loadA(k: u32, row: u32) -> vec4f {
  let rows = min(vec4u(row, row + 1u, row + 2u, row + 3u), vec4u(p.m - 1u));
  let at = matrix * p.nextA + select(rows * p.kA + p.kFrom + k, (p.kFrom + k) * p.m + rows, vec4<bool>(TRANSPOSE_A));
  return vec4f(a[at.x], a[at.y], a[at.z], a[at.w]);
}

fn ofB(at: u32) -> f32 { return value(at, b[word(at)]); }

fn loadB(k: u32, column: u32) -> vec4f {
  let columns = min(vec4u(column, column + 1u, column + 2u, column + 3u), vec4u(p.n - 1u));
  let at = matrix * p.nextB + select(k * p.n + columns, columns * p.k + k, vec4<bool>(TRANSPOSE_B));
  return vec4f(ofB(at.x), ofB(at.y), ofB(at.z), ofB(at.w));
}

fn store(row: u32, column: u32, v: vec4f) {
  if (row >= p.m) { return; }
  let to = (matrix * p.m + row) * p.nY + p.yFrom + column;
  for (var i = 0u; i < 4u; i++) {
    if (column + i >= p.n) { return; }
    if (p.kFrom > 0u) { y[to + i] += v[i]; }
    else { y[to + i] = v[i] + select(0.0, bias[(p.yFrom + column + i) * p.biasStep], p.biasStep != 0u); }
  }
}`;
  const start = /* wgsl */ `
  let down = tile / p.tilesAcross;
  matrix = down / p.tilesDown;
  rowFrom = (down - matrix * p.tilesDown) * ${rowsOf(tile)}u;`;
  return {
    name: 'matmul',
    inputs: 3,
    code: /* wgsl */ `
override FORMAT: u32;
override TRANSPOSE_A: bool;
override TRANSPOSE_B: bool;
struct Params {
  tiles: u32, tilesAcross: u32, tilesDown: u32, m: u32, k: u32, n: u32, nextA: u32, nextB: u32, biasStep: u32,
  nY: u32, yFrom: u32, // columns of y, of which the product fills those from yFrom on
  kA: u32, kFrom: u32, // terms of the whole sums, of which these k are added from kFrom on
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<u32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
var<private> matrix: u32;
${VALUE}
${tiledProduct(tile, { functions, start, alongA: '!TRANSPOSE_A', alongB: 'TRANSPOSE_B' })}`,
  };
}
