/**
 * The register tile of matrix products: 4 rows × 8 columns of C stay in 8 vectors while k runs.
 *
 *   C[i, j] = from[i, j] + Σₖ a[k, i] · b[k, j],   a (K, 4), b (K, 8): packed panels (pack.ts)
 *
 * 8 sums, 2 vectors of b, one repeated element of a and one product are 12 of the 16 registers that V8 has on x64.
 * Per k there are 6 loads to 8 multiplications and 8 additions. Measured (Zen, GFLOP/s, operands in the first cache; a loop
 * of registers alone does 29.5): 4×8 22.0 with a call for each tile, 24.5 with the loop over panels in the function, because V8
 * unrolls a nested loop, without a stack check in the copies; 5×8 21.2, 6×8 20.5 and 3×12 22.7, which spill registers in
 * part; 2×16 23.6. Unrolling in the source makes V8 load too much at once: 17.5 to 18.
 */

import { storeLanes } from './job';

/**
 * Panels of a, one after the other, by one of b. `c` and `from` are rows of 8, `strideC` and `strideFrom` bytes apart; from
 * panel to panel they go on by 4 × `strideC` and `stepFrom`.
 */
export function tiles(
  a: usize, b: usize, depth: u32, c: usize, strideC: u32, from: usize, strideFrom: u32, stepFrom: u32, panels: u32,
): void {
  const end: usize = b + (depth << 5);
  for (let p = panels; p > 0; p--) {
    let c00 = f32x4.splat(0);
    let c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
    for (let at = b; at < end; at += 32) {
      const b0 = v128.load(at);
      const b1 = v128.load(at, 16);
      let x = v128.load32_splat(a);
      c00 = f32x4.add(c00, f32x4.mul(x, b0));
      c01 = f32x4.add(c01, f32x4.mul(x, b1));
      x = v128.load32_splat(a, 4);
      c10 = f32x4.add(c10, f32x4.mul(x, b0));
      c11 = f32x4.add(c11, f32x4.mul(x, b1));
      x = v128.load32_splat(a, 8);
      c20 = f32x4.add(c20, f32x4.mul(x, b0));
      c21 = f32x4.add(c21, f32x4.mul(x, b1));
      x = v128.load32_splat(a, 12);
      c30 = f32x4.add(c30, f32x4.mul(x, b0));
      c31 = f32x4.add(c31, f32x4.mul(x, b1));
      a += 16;
    }
    storeRow(c, c00, c01, from);
    storeRow(c + strideC, c10, c11, from + strideFrom);
    storeRow(c + 2 * strideC, c20, c21, from + 2 * strideFrom);
    storeRow(c + 3 * strideC, c30, c31, from + 3 * strideFrom);
    c += 4 * strideC;
    from += stepFrom;
  }
}

// @ts-ignore: decorator
@inline
function storeRow(c: usize, left: v128, right: v128, from: usize): void {
  const right0 = v128.load(from, 16);
  v128.store(c, f32x4.add(left, v128.load(from)));
  v128.store(c, f32x4.add(right, right0), 16);
}

/** Products of some panels, the next of a `stepA`, of b `stepB` bytes on; they (4, 8) are set, `stepC` bytes apart. */
export function tilesInARow(a: usize, stepA: u32, b: usize, stepB: u32, depth: u32, c: usize, stepC: u32, count: u32): void {
  for (let p = count; p > 0; p--) {
    const end: usize = b + (depth << 5);
    let atA = a;
    let c00 = f32x4.splat(0);
    let c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
    for (let at = b; at < end; at += 32) {
      const b0 = v128.load(at);
      const b1 = v128.load(at, 16);
      let x = v128.load32_splat(atA);
      c00 = f32x4.add(c00, f32x4.mul(x, b0));
      c01 = f32x4.add(c01, f32x4.mul(x, b1));
      x = v128.load32_splat(atA, 4);
      c10 = f32x4.add(c10, f32x4.mul(x, b0));
      c11 = f32x4.add(c11, f32x4.mul(x, b1));
      x = v128.load32_splat(atA, 8);
      c20 = f32x4.add(c20, f32x4.mul(x, b0));
      c21 = f32x4.add(c21, f32x4.mul(x, b1));
      x = v128.load32_splat(atA, 12);
      c30 = f32x4.add(c30, f32x4.mul(x, b0));
      c31 = f32x4.add(c31, f32x4.mul(x, b1));
      atA += 16;
    }
    v128.store(c, c00);
    v128.store(c, c01, 16);
    v128.store(c, c10, 32);
    v128.store(c, c11, 48);
    v128.store(c, c20, 64);
    v128.store(c, c21, 80);
    v128.store(c, c30, 96);
    v128.store(c, c31, 112);
    a += stepA;
    b += stepB;
    c += stepC;
  }
}

/**
 * The same with b read in place through a table: row k of b is at `b + offsets[k]` (4 bytes each). Panels of a are `stepA`
 * bytes apart, their products (4, 8) follow each other and are set, or added to.
 */
export function tilesThrough(a: usize, stepA: u32, b: usize, offsets: usize, depth: u32, c: usize, add: bool, panels: u32): void {
  const end: usize = offsets + (depth << 2);
  for (let p = panels; p > 0; p--) {
    let atA = a;
    let c00 = f32x4.splat(0);
    let c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
    for (let offset = offsets; offset < end; offset += 4) {
      const at: usize = b + load<u32>(offset);
      const b0 = v128.load(at);
      const b1 = v128.load(at, 16);
      let x = v128.load32_splat(atA);
      c00 = f32x4.add(c00, f32x4.mul(x, b0));
      c01 = f32x4.add(c01, f32x4.mul(x, b1));
      x = v128.load32_splat(atA, 4);
      c10 = f32x4.add(c10, f32x4.mul(x, b0));
      c11 = f32x4.add(c11, f32x4.mul(x, b1));
      x = v128.load32_splat(atA, 8);
      c20 = f32x4.add(c20, f32x4.mul(x, b0));
      c21 = f32x4.add(c21, f32x4.mul(x, b1));
      x = v128.load32_splat(atA, 12);
      c30 = f32x4.add(c30, f32x4.mul(x, b0));
      c31 = f32x4.add(c31, f32x4.mul(x, b1));
      atA += 16;
    }
    if (add) {
      c00 = f32x4.add(c00, v128.load(c));
      c01 = f32x4.add(c01, v128.load(c, 16));
      c10 = f32x4.add(c10, v128.load(c, 32));
      c11 = f32x4.add(c11, v128.load(c, 48));
      c20 = f32x4.add(c20, v128.load(c, 64));
      c21 = f32x4.add(c21, v128.load(c, 80));
      c30 = f32x4.add(c30, v128.load(c, 96));
      c31 = f32x4.add(c31, v128.load(c, 112));
    }
    v128.store(c, c00);
    v128.store(c, c01, 16);
    v128.store(c, c10, 32);
    v128.store(c, c11, 48);
    v128.store(c, c20, 64);
    v128.store(c, c21, 80);
    v128.store(c, c30, 96);
    v128.store(c, c31, 112);
    a += stepA;
    c += 128;
  }
}

/**
 * One row of A, `stepA` bytes from element to element, by two panels of b: up to 16 columns of C, of which `count` are stored.
 * `from` is 0 for zeros. The sums run as those of a tile do. With four panels, V8 kept a sum in memory: three times as slow.
 */
export function row(a: usize, stepA: u32, b0: usize, b1: usize, depth: u32, c: usize, from: usize, count: u32): void {
  let c00 = f32x4.splat(0);
  let c01 = c00, c10 = c00, c11 = c00;
  for (let k = depth; k > 0; k--) {
    const x = v128.load32_splat(a);
    c00 = f32x4.add(c00, f32x4.mul(x, v128.load(b0)));
    c01 = f32x4.add(c01, f32x4.mul(x, v128.load(b0, 16)));
    c10 = f32x4.add(c10, f32x4.mul(x, v128.load(b1)));
    c11 = f32x4.add(c11, f32x4.mul(x, v128.load(b1, 16)));
    a += stepA;
    b0 += 32;
    b1 += 32;
  }
  storePart(c, c00, from, 0, count);
  storePart(c, c01, from, 4, count);
  storePart(c, c10, from, 8, count);
  storePart(c, c11, from, 12, count);
}

/** Columns `at` … `at + 3` of a row of `count`. */
// @ts-ignore: decorator
@inline
function storePart(c: usize, sums: v128, from: usize, at: u32, count: u32): void {
  if (at >= count) return;
  const start = from == 0 ? f32x4.splat(0) : v128.load(from + (at << 2));
  storeLanes(c + (at << 2), f32x4.add(sums, start), count - at);
}
