/**
 * Matrix products of few rows: y[m, n] = bias[n] + Σₖ a[m, k] · b[k, n] for m up to 4 at a time.
 *
 * A thread holds 4 rows × 4 columns of sums over its share of K; the shares add up in workgroup memory. Bound by reading B
 * once for 4 rows. Where B is stored transposed, LANES = 16 neighbours go along K together, for 16 columns a group; else 16
 * neighbours take 64 columns together, and 4 lanes go along K.
 */

import type { Kernel } from './kernel.ts';
import { VALUE } from './widen.ts';

/** Rows at a time. */
export const FEW = 4;

/** Threads along K, and columns of a group. */
export const SHAPES = { transposed: { LANES: 16, columns: 16 }, plain: { LANES: 4, columns: 64 } } as const;

export const MATMUL_ROWS: Kernel = {
  name: 'matmul',
  inputs: 3,
  code: /* wgsl */ `
override FORMAT: u32;
override TRANSPOSE_B: bool;
override LANES: u32;
struct Params {
  tiles: u32, tilesAcross: u32, tilesDown: u32, m: u32, k: u32, n: u32, nextA: u32, nextB: u32, biasStep: u32,
  nY: u32, yFrom: u32, kA: u32, kFrom: u32, // as in matmul.ts
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<u32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
var<workgroup> parts: array<vec4f, 256>; // (rows, threads)
${VALUE}

fn ofB(at: u32) -> f32 { return value(at, b[word(at)]); }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) w: vec3u, @builtin(num_workgroups) n: vec3u, @builtin(local_invocation_index) t: u32) {
  let tile = w.x + w.y * n.x;
  if (tile >= p.tiles) { return; }
  let groups = 64u / LANES; // threads along the columns
  let down = tile / p.tilesAcross;
  let matrix = down / p.tilesDown;
  let row = (down - matrix * p.tilesDown) * 4u;
  let lane = select(t / groups, t % LANES, TRANSPOSE_B);
  let across = select(t % groups, t / LANES, TRANSPOSE_B);
  let column = (tile - down * p.tilesAcross) * groups * 4u + across; // and those in steps of \`groups\`
  let last = p.n - 1u;
  let columns = vec4u(min(column, last), min(column + groups, last), min(column + 2u * groups, last), min(column + 3u * groups, last));
  let rows = vec4u(row, min(row + 1u, p.m - 1u), min(row + 2u, p.m - 1u), min(row + 3u, p.m - 1u));
  let fromA = matrix * p.nextA + rows * p.kA + p.kFrom;
  let fromB = matrix * p.nextB + columns * select(1u, p.k, TRANSPOSE_B);
  let step = select(p.n, 1u, TRANSPOSE_B);
  var c0 = vec4f();
  var c1 = vec4f();
  var c2 = vec4f();
  var c3 = vec4f();
  for (var k = lane; k < p.k; k += LANES) {
    let at = fromB + k * step;
    let v = vec4f(ofB(at.x), ofB(at.y), ofB(at.z), ofB(at.w));
    c0 += a[fromA.x + k] * v;
    if (p.m > 1u) { c1 += a[fromA.y + k] * v; }
    if (p.m > 2u) { c2 += a[fromA.z + k] * v; }
    if (p.m > 3u) { c3 += a[fromA.w + k] * v; }
  }
  let at = lane * groups + across;
  parts[at] = c0;
  parts[64u + at] = c1;
  parts[128u + at] = c2;
  parts[192u + at] = c3;
  workgroupBarrier();
  // (rows, columns of the thread) of a group by its first 4 · groups threads, or fewer of them several times
  for (var i = t; i < 4u * groups; i += 64u) {
    let r = i / groups;
    let c = i - r * groups;
    if (row + r < p.m) {
      var sum = vec4f();
      for (var l = 0u; l < LANES; l++) { sum += parts[r * 64u + l * groups + c]; }
      let first = (tile - down * p.tilesAcross) * groups * 4u + c;
      for (var j = 0u; j < 4u; j++) {
        let to = first + j * groups;
        if (to < p.n) {
          let at = (matrix * p.m + row + r) * p.nY + p.yFrom + to;
          if (p.kFrom > 0u) { y[at] += sum[j]; }
          else { y[at] = sum[j] + select(0.0, bias[(p.yFrom + to) * p.biasStep], p.biasStep != 0u); }
        }
      }
    }
  }
}`,
};
