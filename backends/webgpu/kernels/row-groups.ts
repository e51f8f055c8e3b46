/**
 * Rows along one axis of (outer, extent, inner): a group of threads takes ROWS of them, LANES threads a row, which go along
 * the row in steps of LANES and then add up in a tree. Where inner is 1, one row and many lanes read neighbours together;
 * elsewhere many rows do.
 */

export interface RowGroup {
  readonly ROWS: number;
  /** A power of 2. */
  readonly LANES: number;
}

/**
 * `p` has rows, extent and inner. Defines `row`, `lane`, whether the row is one (`inside`), and where it begins (`first`), from
 * which its elements are p.inner apart.
 */
export const BY_ROWS = /* wgsl */ `@compute @workgroup_size(ROWS, LANES)
fn main(@builtin(workgroup_id) w: vec3u, @builtin(num_workgroups) n: vec3u, @builtin(local_invocation_id) t: vec3u) {
  let row = (w.x + w.y * n.x) * ROWS + t.x;
  let lane = t.y;
  let inside = row < p.rows;
  let outer = row / p.inner;
  let first = outer * p.extent * p.inner + row - outer * p.inner;
  let end = select(0u, p.extent, inside);`;

/** Sums and maxima over the lanes of every row of the group; all threads call them together. */
export const OVER_LANES = /* wgsl */ `
override ROWS: u32;
override LANES: u32;
var<workgroup> parts: array<f32, ROWS * LANES>;

fn sumOf(part: f32, t: vec3u) -> f32 {
  if (LANES == 1u) { return part; }
  let at = t.y * ROWS + t.x;
  parts[at] = part;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    if (t.y < half) { parts[at] += parts[at + half * ROWS]; }
    workgroupBarrier();
  }
  let total = parts[t.x];
  workgroupBarrier();
  return total;
}

fn maxOf(part: f32, t: vec3u) -> f32 {
  if (LANES == 1u) { return part; }
  let at = t.y * ROWS + t.x;
  parts[at] = part;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    if (t.y < half) { parts[at] = max(parts[at], parts[at + half * ROWS]); }
    workgroupBarrier();
  }
  let total = parts[t.x];
  workgroupBarrier();
  return total;
}`;
