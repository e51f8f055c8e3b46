/**
 * The gradient of a convolution's weight as a product of matrices in tiles (tile.ts), of which neither is written out:
 *
 *   w[o, s] = Σ_q gradient[o, q] · x[c, q + shift],  s = (c, dt, di, dj), q = (b, t, i, j); shifts as in conv3d.ts
 *
 * There are few results and many q, so q is cut into slabs, each with its own w; they are added up afterwards. Bound by
 * arithmetic where there are 32 channels and more.
 */

import { CONV_PARAMS } from './conv3d.ts';
import type { Kernel } from './kernel.ts';
import type { Tile } from './tile.ts';
import { rowsOf, tiledProduct } from './tile.ts';

/** There are few outputs and many columns. */
export const WEIGHT_TILE: Tile = { down: 8, block: 4 };

const FUNCTIONS = /* wgsl */ `
fn loadA(k: u32, row: u32) -> vec4f {
  let volume = p.area * p.frames;
  let b = k / volume;
  let at = (b * p.outputs + row) * volume + k - b * volume;
  var v = vec4f();
  for (var i = 0u; i < 4u; i++) { if (row + i < p.outputs) { v[i] = gradient[at + i * volume]; } }
  return v;
}

fn loadB(k: u32, column: u32) -> vec4f {
  let volume = p.area * p.frames;
  let b = k / volume;
  let q = k - b * volume;
  let t = q / p.area;
  let rest = q - t * p.area;
  let line = rest / p.width;
  let taps = p.kt * p.kh * p.kw;
  var v = vec4f();
  for (var n = 0u; n < 4u; n++) {
    let s = column + n;
    let c = s / taps;
    let tap = s - c * taps;
    let down = tap / p.kw;
    let dt = down / p.kh;
    let i = line + down - dt * p.kh - p.kh / 2u; // wraps below 0, and is then not in the frame
    let j = rest - line * p.width + tap - down * p.kw - p.kw / 2u;
    if (c < p.channels && i < p.height && j < p.width) {
      v[n] = x[((b * p.channels + c) * p.framesOfX + t + dt) * p.area + i * p.width + j];
    }
  }
  return v;
}

fn store(row: u32, column: u32, v: vec4f) {
  if (row >= p.outputs) { return; }
  let columns = p.channels * p.kt * p.kh * p.kw;
  let to = (slab * p.outputs + row) * columns + column;
  for (var i = 0u; i < 4u; i++) { if (column + i < columns) { w[to + i] = v[i]; } }
}`;

const START = /* wgsl */ `
  let tilesDown = tile / p.tilesAcross;
  let ofSlab = tilesDown / p.tilesDown;
  slab = ofSlab;
  rowFrom = (tilesDown - slab * p.tilesDown) * ${rowsOf(WEIGHT_TILE)}u;
  kFrom = ofSlab * p.slab;
  kTo = min(kFrom + p.slab, p.k);`;

export const CONV3D_WEIGHT: Kernel = {
  name: 'conv3dWeightGradient',
  inputs: 2,
  code: /* wgsl */ `
struct Params {
  tiles: u32, tilesAcross: u32, tilesDown: u32, k: u32, slab: u32, outputs: u32, area: u32, ${CONV_PARAMS},
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> gradient: array<f32>;
@group(0) @binding(3) var<storage, read_write> w: array<f32>;
var<private> slab: u32;
${tiledProduct(WEIGHT_TILE, { functions: FUNCTIONS, start: START, alongA: 'true', alongB: 'true' })}`,
};
