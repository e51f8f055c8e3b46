/**
 * The register tile of products with quantized weights: rows of activations in 16 bits by eight outputs in 8 bits.
 *
 *   sums[i, j] += Σ over blocks b of (dx[b, i] · dw[b, j]) · Σ over k of b of x[k, i] · w[k, j]
 *
 * The inner sums are of whole numbers, at most 32 · 128 · 32767 < 2³¹: exact, so that it does not matter how they are cut. One
 * instruction multiplies two k of four outputs and adds each pair, so there are half as many as in float32.
 *
 * x are records of round.ts, one after the other; w (blocks, 16, 8, 2) bytes, pairs along k; dw (blocks, 8). Measured, as in tile.ts:
 * unrolled in the source the loop took 1.3 to 2.4 times as long, and 1.06 times with one load and four shuffles for x.
 */

import { RECORD } from './round';

/** Panels of four rows, `next` bytes apart; their sums (4, 8) follow each other. */
export function fourRows(x: usize, next: usize, w: usize, dw: usize, blocks: u32, sums: usize, panels: u32): void {
  const end: usize = sums + panels * 128;
  for (; sums < end; sums += 128) {
    let at = w;
    let scales = dw;
    for (let record = x, last: usize = x + blocks * RECORD; record < last; record += RECORD) {
      let c00 = i32x4.splat(0);
      let c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
      let from = record;
      for (const stop: usize = at + 256; at < stop; at += 16) {
        const w0 = v128.load8x8_s(at);
        const w1 = v128.load8x8_s(at, 8);
        let p = v128.load32_splat(from);
        c00 = i32x4.add(c00, i32x4.dot_i16x8_s(p, w0));
        c01 = i32x4.add(c01, i32x4.dot_i16x8_s(p, w1));
        p = v128.load32_splat(from, 4);
        c10 = i32x4.add(c10, i32x4.dot_i16x8_s(p, w0));
        c11 = i32x4.add(c11, i32x4.dot_i16x8_s(p, w1));
        p = v128.load32_splat(from, 8);
        c20 = i32x4.add(c20, i32x4.dot_i16x8_s(p, w0));
        c21 = i32x4.add(c21, i32x4.dot_i16x8_s(p, w1));
        p = v128.load32_splat(from, 12);
        c30 = i32x4.add(c30, i32x4.dot_i16x8_s(p, w0));
        c31 = i32x4.add(c31, i32x4.dot_i16x8_s(p, w1));
        from += 16;
      }
      const d0 = v128.load(scales);
      const d1 = v128.load(scales, 16);
      addScaled(sums, v128.load32_splat(record, 256), c00, c01, d0, d1);
      addScaled(sums + 32, v128.load32_splat(record, 260), c10, c11, d0, d1);
      addScaled(sums + 64, v128.load32_splat(record, 264), c20, c21, d0, d1);
      addScaled(sums + 96, v128.load32_splat(record, 268), c30, c31, d0, d1);
      scales += 32;
    }
    x += next;
  }
}

/** One row of a panel, whose first pair is at `x`, its scale at `dx`. */
export function oneRow(x: usize, dx: usize, w: usize, dw: usize, blocks: u32, sums: usize): void {
  for (const end: usize = dw + (blocks << 5); dw < end; dw += 32) {
    let c0 = i32x4.splat(0);
    let c1 = c0;
    let from = x;
    for (const stop: usize = w + 256; w < stop; w += 16) {
      const p = v128.load32_splat(from);
      c0 = i32x4.add(c0, i32x4.dot_i16x8_s(p, v128.load8x8_s(w)));
      c1 = i32x4.add(c1, i32x4.dot_i16x8_s(p, v128.load8x8_s(w, 8)));
      from += 16;
    }
    addScaled(sums, v128.load32_splat(dx), c0, c1, v128.load(dw), v128.load(dw, 16));
    x += RECORD;
    dx += RECORD;
  }
}

// @ts-ignore: decorator
@inline
function addScaled(sums: usize, dx: v128, c0: v128, c1: v128, d0: v128, d1: v128): void {
  v128.store(sums, f32x4.add(v128.load(sums), f32x4.mul(f32x4.mul(dx, d0), f32x4.convert_i32x4_s(c0))));
  v128.store(sums, f32x4.add(v128.load(sums, 16), f32x4.mul(f32x4.mul(dx, d1), f32x4.convert_i32x4_s(c1))), 16);
}

/** sums[i, j] −= Σ over blocks b of (d · Σ x)[b, i] · m[b, j]: the offsets of q4_K, m (8, 8). Panels as above. */
export function subtractOffsets(x: usize, next: usize, m: usize, sums: usize, panels: u32): void {
  const stop: usize = m + 256;
  for (const end: usize = sums + (panels << 7); sums < end; sums += 128) {
    let c00 = v128.load(sums);
    let c01 = v128.load(sums, 16), c10 = v128.load(sums, 32), c11 = v128.load(sums, 48);
    let c20 = v128.load(sums, 64), c21 = v128.load(sums, 80), c30 = v128.load(sums, 96), c31 = v128.load(sums, 112);
    let from = x;
    for (let at = m; at < stop; at += 32) {
      const m0 = v128.load(at);
      const m1 = v128.load(at, 16);
      let p = v128.load32_splat(from, 272);
      c00 = f32x4.sub(c00, f32x4.mul(p, m0));
      c01 = f32x4.sub(c01, f32x4.mul(p, m1));
      p = v128.load32_splat(from, 276);
      c10 = f32x4.sub(c10, f32x4.mul(p, m0));
      c11 = f32x4.sub(c11, f32x4.mul(p, m1));
      p = v128.load32_splat(from, 280);
      c20 = f32x4.sub(c20, f32x4.mul(p, m0));
      c21 = f32x4.sub(c21, f32x4.mul(p, m1));
      p = v128.load32_splat(from, 284);
      c30 = f32x4.sub(c30, f32x4.mul(p, m0));
      c31 = f32x4.sub(c31, f32x4.mul(p, m1));
      from += RECORD;
    }
    v128.store(sums, c00);
    v128.store(sums, c01, 16);
    v128.store(sums, c10, 32);
    v128.store(sums, c11, 48);
    v128.store(sums, c20, 64);
    v128.store(sums, c21, 80);
    v128.store(sums, c30, 96);
    v128.store(sums, c31, 112);
    x += next;
  }
}
