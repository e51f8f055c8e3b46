/**
 * Causal convolution with kernels of 3×3 in space by Winograd's minimal filtering F(2×2, 3×3) (Lavin and Gray 2016,
 * arXiv 1509.09308): 2×2 outputs from 4×4 inputs with 16 multiplications for 36.
 *
 *   y tile = Aᵀ [ Σ over c, dt of (G g Gᵀ) ⊙ (Bᵀ d B) ] A,   A = [1 0; 1 1; 1 −1; 0 −1]
 *
 * The sums are 16 products of matrices, (outputs, kt × C) · (kt × C, tiles). Four tiles side by side are a quad, two
 * quads the 8 columns of a register tile. A task is some quads of the batch in some frames of y: it transforms the frames
 * of x that they see, once for all taps in time and all outputs (frames and channels lie such that the taps of every
 * frame of y are one run); then, for a block of outputs at a time, multiplies and transforms the products back.
 *
 * Arguments: 0 y, 1 x, 2 U (winograd-weights.ts), 3 bias or 0, 4 C, 5 T, 6 H, 7 W, 8 O, 9 kt, 10 frames of y, 11 rows of
 * tiles, 12 quads in a row, 13 quads in all, 14 pairs of quads per task, 15 frames per task, 16 frame blocks, 17 panels
 * of four outputs at a time, 18 scratch, 19 its bytes per thread, 20 bytes of V from matrix to matrix, 21 of U likewise.
 */

import { arg, storeLanes, thread } from './job';
import { tilesInARow } from './tile';
import { transformQuad } from './winograd-input';

/** From the products of one panel and pair of quads to the next: 16 tiles, and a line so that not all share a cache set. */
const PRODUCTS: u32 = 16 * 128 + 64;

export function winograd(task: u32): void {
  const t = (task % arg(16)) * arg(15);
  const first = (task / arg(16)) * arg(14) * 2;
  const frames = min(arg(15), arg(10) - t);
  const quads = min(arg(14) * 2, arg(13) - first);
  const v: usize = arg(18) + thread * arg(19);
  const m: usize = v + 16 * arg(20);
  transformInput(v, first, quads, t, frames + arg(9) - 1);
  const panels = (arg(8) + 3) >> 2;
  for (let panel: u32 = 0; panel < panels; panel += arg(17)) {
    const count = min(arg(17), panels - panel);
    multiply(m, v, panel, count, (quads + 1) >> 1, frames);
    transformOutput(m, panel, count, first, quads, t, frames);
  }
}

/** V: 16 matrices (pairs of quads, frames, C, 8). */
function transformInput(v: usize, first: u32, quads: u32, t: u32, frames: u32): void {
  const size = (arg(6) * arg(7)) << 2;
  const perFrame = arg(11) * arg(12);
  for (let n: u32 = 0; n < quads; n++) {
    const b = (first + n) / perFrame;
    const i = ((first + n) % perFrame) / arg(12);
    const j = (first + n) % arg(12);
    for (let f: u32 = 0; f < frames; f++) {
      let x: usize = arg(1) + (b * arg(4) * arg(5) + t + f) * size;
      let to: usize = v + ((((n >> 1) * (arg(15) + arg(9) - 1) + f) * arg(4)) << 5) + ((n & 1) << 4);
      for (let c: u32 = 0; c < arg(4); c++) {
        transformQuad(to, arg(20), x, i, j, arg(6), arg(7));
        x += arg(5) * size;
        to += 32;
      }
    }
  }
}

/** M (panels, pairs of quads, frames, 16, 4, 8): for one frame all panels in a row; a single panel, all frames. */
function multiply(m: usize, v: usize, panel: u32, panels: u32, pairs: u32, frames: u32): void {
  const depth = arg(9) * arg(4);
  const framesOfV = arg(15) + arg(9) - 1;
  for (let i: u32 = 0; i < 16; i++) {
    const u: usize = arg(2) + i * arg(21) + ((panel * depth) << 4);
    for (let pair: u32 = 0; pair < pairs; pair++) {
      const b: usize = v + i * arg(20) + ((pair * framesOfV * arg(4)) << 5);
      const to: usize = m + pair * arg(15) * PRODUCTS + (i << 7);
      if (panels == 1) {
        tilesInARow(u, 0, b, arg(4) << 5, depth, to, PRODUCTS, frames);
        continue;
      }
      for (let f: u32 = 0; f < frames; f++) {
        tilesInARow(u, depth << 4, b + ((f * arg(4)) << 5), 0, depth, to + f * PRODUCTS, arg(14) * arg(15) * PRODUCTS, panels);
      }
    }
  }
}

function transformOutput(m: usize, panel: u32, panels: u32, first: u32, quads: u32, t: u32, frames: u32): void {
  const height = arg(6);
  const width = arg(7);
  const perFrame = arg(11) * arg(12);
  for (let n: u32 = 0; n < quads; n++) {
    const b = (first + n) / perFrame;
    const inFrame = (first + n) % perFrame;
    const h = (inFrame / arg(12)) * 2;
    const w = (inFrame % arg(12)) * 8;
    for (let o = panel << 2; o < min(arg(8), (panel + panels) << 2); o++) {
      const bias = arg(3) == 0 ? f32x4.splat(0) : v128.load32_splat(arg(3) + (o << 2));
      const local = o - (panel << 2);
      let from: usize = m + ((local >> 2) * arg(14) + (n >> 1)) * arg(15) * PRODUCTS + ((local & 3) << 5) + ((n & 1) << 4);
      let y: usize = arg(0) + ((((b * arg(8) + o) * arg(10) + t) * height + h) * width + w << 2);
      for (let f: u32 = 0; f < frames; f++) {
        quad(y, width << 2, from, bias, min(8, width - w), h + 1 < height);
        from += PRODUCTS;
        y += (height * width) << 2;
      }
    }
  }
}

/** Two rows of up to eight outputs, or one. */
function quad(y: usize, row: usize, m: usize, bias: v128, count: u32, both: bool): void {
  let a = v128.load(m, 512);
  let b = v128.load(m, 1024);
  const p0 = f32x4.add(f32x4.add(v128.load(m), a), b);
  const q0 = f32x4.sub(f32x4.sub(a, b), v128.load(m, 1536));
  a = v128.load(m, 512 + 128);
  b = v128.load(m, 1024 + 128);
  const p1 = f32x4.add(f32x4.add(v128.load(m, 128), a), b);
  const q1 = f32x4.sub(f32x4.sub(a, b), v128.load(m, 1536 + 128));
  a = v128.load(m, 512 + 256);
  b = v128.load(m, 1024 + 256);
  const p2 = f32x4.add(f32x4.add(v128.load(m, 256), a), b);
  const q2 = f32x4.sub(f32x4.sub(a, b), v128.load(m, 1536 + 256));
  a = v128.load(m, 512 + 384);
  b = v128.load(m, 1024 + 384);
  const p3 = f32x4.add(f32x4.add(v128.load(m, 384), a), b);
  const q3 = f32x4.sub(f32x4.sub(a, b), v128.load(m, 1536 + 384));
  storeRow(y, p0, p1, p2, p3, bias, count);
  if (both) storeRow(y + row, q0, q1, q2, q3, bias, count);
}

// @ts-ignore: decorator
@inline
function storeRow(y: usize, a: v128, b: v128, c: v128, d: v128, bias: v128, count: u32): void {
  const left = f32x4.add(f32x4.add(f32x4.add(a, b), c), bias);
  const right = f32x4.add(f32x4.sub(f32x4.sub(b, c), d), bias);
  const low = i32x4.shuffle(left, right, 0, 4, 1, 5);
  const high = i32x4.shuffle(left, right, 2, 6, 3, 7);
  if (count == 8) {
    v128.store(y, low);
    v128.store(y, high, 16);
  } else {
    storeLanes(y, low, min(count, 4));
    if (count > 4) storeLanes(y + 16, high, count - 4);
  }
}
