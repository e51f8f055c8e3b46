/**
 * Causal convolution in 3-D as an implicit matrix product:
 *
 *   y[o, t, h, w] = bias[o] + Σ over k = (c, dt, dh, dw) of weight[o, k] · x[c, t + dt, h + dh − kh/2, w + dw − kw/2]
 *
 * A task makes a few rows of one frame for a block of outputs. For some channels at a time, it copies the *slab* of x that
 * these rows see to scratch memory, zeros around it. In the slab, position q of all rows, counted through the margins,
 * reads its tap k at q + offset[k]: so the operand of the product is never formed, and eight neighbouring q are a vector
 * pair whatever the width. Sums at the margins' positions are waste (2 in a row for a 3×3 kernel) and are not kept.
 *
 * Blocking: channels × taps ≤ 256, so the taps of one tile (8 positions) stay in the first cache while the weights, packed
 * in panels of 4 outputs, pass by from the second; slab and sums share the second cache (about 256 positions, 64 outputs).
 *
 * Arguments: 0 y, 1 x, 2 weights packed, 3 bias or 0, 4 C, 5 T, 6 H, 7 W, 8 O, 9 kt, 10 kh, 11 kw, 12 frames of y, 13 rows
 * per task, 14 columns, 15 row blocks, 16 column blocks, 17 channels at a time, 18 panels per task, 19 output blocks,
 * 20 scratch, 21 its bytes per thread, 22 bytes of the table of offsets, 23 of the slab.
 */

import { arg, thread } from './job';
import { tilesThrough } from './tile';

export function conv3d(task: u32): void {
  const outputBlock = task % arg(19);
  task /= arg(19);
  const w0 = (task % arg(16)) * arg(14);
  task /= arg(16);
  const h0 = (task % arg(15)) * arg(13);
  task /= arg(15);
  const t = task % arg(12);
  const b = task / arg(12);
  const rows = min(arg(13), arg(6) - h0);
  const columns = min(arg(14), arg(7) - w0);
  const width = arg(14) + arg(11) - 1; // of the slab
  const tiles = ((rows - 1) * width + columns + 7) >> 3;
  const taps = arg(9) * arg(10) * arg(11);
  const depth = arg(4) * taps;
  const panel = outputBlock * arg(18);
  const panels = min(arg(18), ((arg(8) + 3) >> 2) - panel);
  const offsets: usize = arg(20) + thread * arg(21);
  const slab: usize = offsets + arg(22);
  const sums: usize = slab + arg(23);
  fillOffsets(offsets);
  let c: u32 = 0;
  do {
    const channels = min(arg(17), arg(4) - c);
    fillSlab(slab, b, c, channels, t, h0, w0, rows, columns);
    const weights: usize = arg(2) + ((panel * depth + c * taps) << 4);
    for (let q: u32 = 0; q < tiles; q++) {
      tilesThrough(weights, depth << 4, slab + (q << 5), offsets, channels * taps, sums + ((q * panels) << 7), c > 0, panels);
    }
    c += arg(17);
  } while (c < arg(4));
  for (let o = panel << 2; o < min(arg(8), (panel + panels) << 2); o++) {
    const local = o - (panel << 2);
    const from: usize = sums + ((local >> 2) << 7) + ((local & 3) << 5);
    const bias = arg(3) == 0 ? <f32>0 : f32.load(arg(3) + (o << 2));
    for (let r: u32 = 0; r < rows; r++) {
      const y = (((b * arg(8) + o) * arg(12) + t) * arg(6) + h0 + r) * arg(7) + w0;
      keepRow(arg(0) + (y << 2), from, panels << 7, r * width, columns, bias);
    }
  }
}

/** Where in the slab each tap lies, in bytes. */
function fillOffsets(to: usize): void {
  const width = arg(14) + arg(11) - 1;
  const plane = (arg(13) + arg(10) - 1) * width;
  for (let i: u32 = 0; i < arg(17) * arg(9); i++) {
    for (let dh: u32 = 0; dh < arg(10); dh++) {
      for (let dw: u32 = 0; dw < arg(11); dw++) {
        store<u32>(to, (i * plane + dh * width + dw) << 2);
        to += 4;
      }
    }
  }
}

/** Positions q … q + count − 1 of one output; its sums lie in groups of eight, `stride` bytes apart. */
function keepRow(y: usize, sums: usize, stride: u32, q: u32, count: u32, bias: f32): void {
  const biases = f32x4.splat(bias);
  while (count > 0) {
    const from: usize = sums + (q >> 3) * stride + ((q & 7) << 2);
    if ((q & 3) == 0 && count >= 4) {
      v128.store(y, f32x4.add(v128.load(from), biases));
      y += 16;
      q += 4;
      count -= 4;
    } else {
      f32.store(y, f32.load(from) + bias);
      y += 4;
      q++;
      count--;
    }
  }
}

/** The part of x (B, C, T, H, W) that some rows see: (channels, kt, rows per task + kh − 1, columns per task + kw − 1). */
function fillSlab(
  slab: usize, b: u32, c: u32, channels: u32, t: u32, h0: u32, w0: u32, rows: u32, columns: u32,
): void {
  const height = arg(6);
  const width = arg(7);
  const marginH = arg(10) >> 1;
  const marginW = arg(11) >> 1;
  const stride = (arg(14) + arg(11) - 1) << 2;
  const plane = (arg(13) + arg(10) - 1) * stride;
  const left = w0 < marginW ? marginW - w0 : 0; // zeros before the row
  const first = w0 + left - marginW;
  const inside = min(columns + 2 * marginW - left, width - first);
  const right = columns + 2 * marginW - left - inside;
  for (let i: u32 = 0; i < channels; i++) {
    for (let dt: u32 = 0; dt < arg(9); dt++) {
      const frame = ((b * arg(4) + c + i) * arg(5) + t + dt) * height;
      for (let r: u32 = 0; r < rows + 2 * marginH; r++) {
        const to: usize = slab + (i * arg(9) + dt) * plane + r * stride;
        const h = h0 + r - marginH; // wraps below 0
        if (h >= height) {
          zero(to, columns + 2 * marginW);
          continue;
        }
        zero(to, left);
        copyRow(to + (left << 2), arg(1) + (((frame + h) * width + first) << 2), inside);
        zero(to + ((left + inside) << 2), right);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function zero(to: usize, count: u32): void {
  for (; count > 0; count--) {
    f32.store(to, 0);
    to += 4;
  }
}

/** Whole vectors: what is written beyond the row is overwritten by what follows it in the slab. */
// @ts-ignore: decorator
@inline
function copyRow(to: usize, from: usize, count: u32): void {
  for (let i: usize = 0; i < count << 2; i += 16) v128.store(to + i, v128.load(from + i));
}
