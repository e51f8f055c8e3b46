/**
 * y = softmax(scale · q kᵀ + mask) v without its scores in memory: online softmax (Milakov and Gimelshein 2018; Dao et al. 2022).
 * For a row of q, over tiles of keys, with s the scores of the tile:
 *
 *   m′ = max(m, max s)      p = e^(s − m′)      f = e^(m − m′)
 *   Σ′ = f·Σ + Σ p          a′ = f·a + p v      in the end y = a / Σ
 *
 *   threads    8 rows × 8 lanes; a thread has 2 of the tile's scores of its row, and an eighth of the row's result
 *   tile       8 rows × 16 keys; q and k in workgroup memory, at most 13 KiB with heads of 128; v from the caches
 *   registers  2 × VECTORS vectors, VECTORS = ⌈D / 32⌉: occupancy is bound by workgroup memory
 *
 * Sums are those of 16 keys, then of tiles. Bound by reading k and v once for 8 rows: 8 operations a byte of the caches.
 */

import type { Kernel } from './kernel.ts';

/** Rows of a group. */
export const ATTENTION_ROWS = 8;

/** Numbers of a head at most; they come in fours. */
export const MOST_HEAD = 128;

/** @param vectors of four numbers of the result that a thread has, from 1 to 4. */
export function attentionKernel(vectors: number): Kernel {
  const each = (line: (j: number) => string): string => Array.from({ length: vectors }, (_, j) => line(j)).join('\n');
  return {
    name: 'attention',
    inputs: 4,
    code: /* wgsl */ `
override DIM: u32; // D / 4
override MASKED: bool;
const LOWEST = -3.4028234e38;
struct Params { tiles: u32, tilesDown: u32, rows: u32, keys: u32, length: u32, scale: f32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> q: array<vec4f>; // (matrices, rows, DIM), rows = heads of a key head × length
@group(0) @binding(2) var<storage, read> k: array<vec4f>; // (matrices, keys, DIM)
@group(0) @binding(3) var<storage, read> v: array<vec4f>;
@group(0) @binding(4) var<storage, read> mask: array<f32>; // (length, keys)
@group(0) @binding(5) var<storage, read_write> y: array<vec4f>;
var<workgroup> tileQ: array<vec4f, 8u * (DIM + 1u)>; // one more a row, for rows to lie in other banks
var<workgroup> tileK: array<vec4f, 16u * (DIM + 1u)>;
var<workgroup> scores: array<f32, 128>; // (rows, keys)
var<workgroup> weights: array<f32, 128>;

fn sumOf(x: vec4f) -> f32 { return (x.x + x.y) + (x.z + x.w); }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) w: vec3u, @builtin(num_workgroups) n: vec3u, @builtin(local_invocation_index) t: u32) {
  let tile = w.x + w.y * n.x;
  if (tile >= p.tiles) { return; }
  let matrix = tile / p.tilesDown;
  let rowFrom = (tile - matrix * p.tilesDown) * 8u;
  for (var i = t; i < 8u * DIM; i += 64u) {
    let down = i / DIM;
    tileQ[i + down] = q[(matrix * p.rows + min(rowFrom + down, p.rows - 1u)) * DIM + i - down * DIM] * p.scale;
  }
  let row = t / 8u;
  let lane = t % 8u;
  let maskRow = min(rowFrom + row, p.rows - 1u) % p.length * p.keys;
  let fromK = matrix * p.keys * DIM;
  let fromQ = row * (DIM + 1u);
  var most = LOWEST;
  var total = 0.0;
  ${each((j) => `var a${j} = vec4f();`)}
  for (var key = 0u; key < p.keys; key += 16u) {
    for (var i = t; i < 16u * DIM; i += 64u) { // keys beyond the last count nothing
      tileK[i + i / DIM] = k[fromK + min(key * DIM + i, p.keys * DIM - 1u)];
    }
    workgroupBarrier();
    let first = key + lane;
    let second = first + 8u;
    var one = vec4f();
    var other = vec4f();
    for (var d = 0u; d < DIM; d++) {
      let x = tileQ[fromQ + d];
      one += x * tileK[lane * (DIM + 1u) + d];
      other += x * tileK[(lane + 8u) * (DIM + 1u) + d];
    }
    var s = vec2f(sumOf(one), sumOf(other));
    if (MASKED) { s += vec2f(mask[maskRow + min(first, p.keys - 1u)], mask[maskRow + min(second, p.keys - 1u)]); }
    s = select(vec2f(LOWEST), s, vec2u(first, second) < vec2u(p.keys));
    scores[row * 16u + lane] = s.x;
    scores[row * 16u + lane + 8u] = s.y;
    workgroupBarrier();
    var top = most;
    for (var i = 0u; i < 16u; i++) { top = max(top, scores[row * 16u + i]); }
    let e = select(vec2f(), exp(s - top), vec2u(first, second) < vec2u(p.keys));
    weights[row * 16u + lane] = e.x;
    weights[row * 16u + lane + 8u] = e.y;
    workgroupBarrier();
    var part = 0.0;
    ${each((j) => `var b${j} = vec4f();`)}
    let end = min(16u, p.keys - key);
    for (var i = 0u; i < end; i++) {
      let weight = weights[row * 16u + i];
      let at = fromK + (key + i) * DIM;
      part += weight;
      ${each((j) => `b${j} += weight * v[at + min(lane + ${8 * j}u, DIM - 1u)];`)}
    }
    let factor = exp(most - top);
    total = total * factor + part;
    ${each((j) => `a${j} = a${j} * factor + b${j};`)}
    most = top;
  }
  if (rowFrom + row >= p.rows) { return; }
  let to = (matrix * p.rows + rowFrom + row) * DIM + lane;
  ${each((j) => `if (lane + ${8 * j}u < DIM) { y[to + ${8 * j}u] = a${j} / total; }`)}
}`,
  };
}
