/**
 * The gradient of a convolution's weight: w[o, c, dt, di, dj] = Σ g[b, o, t, i, j] · x[b, c, t + dt, i + di − ph, j + dj − pw].
 *
 * A task is four outputs of some channels. Frames are copied with zeros around them: x with the margins of the kernel, g
 * with the same width. Then every tap is a constant distance, and its sums are dot products of two long runs: three taps
 * of a row together, twelve sums of four lanes in registers. Sums of one run are added to those of the task.
 *
 * Arguments: 0 w, 1 x, 2 g, 3 B, 4 C, 5 T, 6 H, 7 W, 8 O, 9 kt, 10 kh, 11 kw, 12 frames of g, 13 channels per task,
 * 14 channel blocks, 15 rows at a time, 16 scratch, 17 its bytes per thread, 18 bytes of a frame of x in it, 19 of g.
 */

import { arg, sumLanes, thread } from './job';

export function conv3dWeight(task: u32): void {
  const o = (task / arg(14)) << 2;
  const c = (task % arg(14)) * arg(13);
  const channels = min(arg(13), arg(4) - c);
  const outputs = min(4, arg(8) - o);
  const taps = arg(9) * arg(10) * arg(11);
  const framesX: usize = arg(16) + thread * arg(17); // (channels, kt) frames
  const framesG: usize = framesX + arg(13) * arg(9) * arg(18); // 4 frames
  const sums: usize = framesG + 4 * arg(19); // (channels, taps, 4) vectors
  memory.fill(framesX, 0, arg(17));
  for (let b: u32 = 0; b < arg(3); b++) {
    for (let t: u32 = 0; t < arg(12); t++) {
      for (let dt: u32 = t == 0 ? 0 : arg(9) - 1; dt < arg(9); dt++) {
        for (let i: u32 = 0; i < channels; i++) {
          const to: usize = framesX + (i * arg(9) + (t + dt) % arg(9)) * arg(18);
          copyFrame(to, b * arg(4) + c + i, t + dt);
        }
      }
      for (let row: u32 = 0; row < arg(6); row += arg(15)) {
        const rows = min(arg(15), arg(6) - row);
        for (let p: u32 = 0; p < outputs; p++) copyRows(framesG + p * arg(19), b * arg(8) + o + p, t, row, rows);
        for (let i: u32 = 0; i < channels; i++) {
          for (let dt: u32 = 0; dt < arg(9); dt++) {
            const x: usize = framesX + (i * arg(9) + (t + dt) % arg(9)) * arg(18);
            products(sums + ((i * taps + dt * arg(10) * arg(11)) << 6), x, framesG, row, rows);
          }
        }
      }
    }
  }
  for (let p: u32 = 0; p < outputs; p++) {
    for (let i: u32 = 0; i < channels; i++) {
      const to: usize = arg(0) + (((o + p) * arg(4) + c + i) * taps << 2);
      const from: usize = sums + ((i * taps) << 6) + (p << 4);
      for (let tap: u32 = 0; tap < taps; tap++) f32.store(to + (tap << 2), sumLanes(v128.load(from + (tap << 6))));
    }
  }
}

/** A frame of x, between the margins. */
function copyFrame(to: usize, plane: u32, t: u32): void {
  const bytes = arg(7) << 2;
  const stride = (arg(7) + arg(11) - 1) << 2;
  let from: usize = arg(1) + (plane * arg(5) + t) * arg(6) * bytes;
  to += (arg(10) >> 1) * stride + ((arg(11) >> 1) << 2);
  for (let row: u32 = 0; row < arg(6); row++) {
    copyRow(to, from, bytes);
    to += stride;
    from += bytes;
  }
}

/** Rows of g, with zeros after each and a vector of them after the last. */
function copyRows(to: usize, plane: u32, t: u32, first: u32, rows: u32): void {
  const bytes = arg(7) << 2;
  const stride = (arg(7) + arg(11) - 1) << 2;
  let from: usize = arg(2) + ((plane * arg(12) + t) * arg(6) + first) * bytes;
  for (let row: u32 = 0; row < rows; row++) {
    copyRow(to, from, bytes);
    to += stride;
    from += bytes;
  }
  v128.store(to - stride + bytes, f32x4.splat(0));
}

/** Nothing may be written beyond the row. Calls of memory.copy cost more than short rows take. */
// @ts-ignore: decorator
@inline
function copyRow(to: usize, from: usize, bytes: u32): void {
  if ((bytes & 15) > 0) {
    memory.copy(to, from, bytes);
    return;
  }
  for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, v128.load(from + i));
}

/** All taps of one frame of x with some rows of g. */
function products(sums: usize, x: usize, g: usize, first: u32, rows: u32): void {
  const width = arg(7) + arg(11) - 1;
  const length = ((rows - 1) * width + arg(7) + 3) & ~3;
  for (let di: u32 = 0; di < arg(10); di++) {
    const start: usize = x + (((first + di) * width) << 2);
    let dj: u32 = 0;
    for (; dj + 3 <= arg(11); dj += 3) {
      threeTaps(sums, start + (dj << 2), g, length);
      sums += 192;
    }
    for (; dj < arg(11); dj++) {
      oneTap(sums, start + (dj << 2), g, length);
      sums += 64;
    }
  }
}

function threeTaps(sums: usize, x: usize, g: usize, length: u32): void {
  const stride: usize = arg(19);
  let a0 = v128.load(sums, 0);
  let a1 = v128.load(sums, 16);
  let a2 = v128.load(sums, 32);
  let a3 = v128.load(sums, 48);
  let b0 = v128.load(sums, 64);
  let b1 = v128.load(sums, 80);
  let b2 = v128.load(sums, 96);
  let b3 = v128.load(sums, 112);
  let c0 = v128.load(sums, 128);
  let c1 = v128.load(sums, 144);
  let c2 = v128.load(sums, 160);
  let c3 = v128.load(sums, 176);
  const end = x + (length << 2);
  while (x < end) {
    const xa = v128.load(x, 0);
    const xb = v128.load(x, 4);
    const xc = v128.load(x, 8);
    let v = v128.load(g);
    a0 = f32x4.add(a0, f32x4.mul(v, xa));
    b0 = f32x4.add(b0, f32x4.mul(v, xb));
    c0 = f32x4.add(c0, f32x4.mul(v, xc));
    v = v128.load(g + stride);
    a1 = f32x4.add(a1, f32x4.mul(v, xa));
    b1 = f32x4.add(b1, f32x4.mul(v, xb));
    c1 = f32x4.add(c1, f32x4.mul(v, xc));
    v = v128.load(g + 2 * stride);
    a2 = f32x4.add(a2, f32x4.mul(v, xa));
    b2 = f32x4.add(b2, f32x4.mul(v, xb));
    c2 = f32x4.add(c2, f32x4.mul(v, xc));
    v = v128.load(g + 3 * stride);
    a3 = f32x4.add(a3, f32x4.mul(v, xa));
    b3 = f32x4.add(b3, f32x4.mul(v, xb));
    c3 = f32x4.add(c3, f32x4.mul(v, xc));
    x += 16;
    g += 16;
  }
  v128.store(sums, a0, 0);
  v128.store(sums, a1, 16);
  v128.store(sums, a2, 32);
  v128.store(sums, a3, 48);
  v128.store(sums, b0, 64);
  v128.store(sums, b1, 80);
  v128.store(sums, b2, 96);
  v128.store(sums, b3, 112);
  v128.store(sums, c0, 128);
  v128.store(sums, c1, 144);
  v128.store(sums, c2, 160);
  v128.store(sums, c3, 176);
}

function oneTap(sums: usize, x: usize, g: usize, length: u32): void {
  const stride: usize = arg(19);
  let a0 = v128.load(sums, 0);
  let a1 = v128.load(sums, 16);
  let a2 = v128.load(sums, 32);
  let a3 = v128.load(sums, 48);
  const end = x + (length << 2);
  while (x < end) {
    const v = v128.load(x);
    a0 = f32x4.add(a0, f32x4.mul(v, v128.load(g)));
    a1 = f32x4.add(a1, f32x4.mul(v, v128.load(g + stride)));
    a2 = f32x4.add(a2, f32x4.mul(v, v128.load(g + 2 * stride)));
    a3 = f32x4.add(a3, f32x4.mul(v, v128.load(g + 3 * stride)));
    x += 16;
    g += 16;
  }
  v128.store(sums, a0, 0);
  v128.store(sums, a1, 16);
  v128.store(sums, a2, 32);
  v128.store(sums, a3, 48);
}
