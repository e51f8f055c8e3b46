/**
 * Causal convolution with kernels of 3×3 in space by Winograd's minimal filtering F(4×4, 3×3) (Lavin and Gray 2016,
 * arXiv 1509.09308): 4×4 outputs from 6×6 inputs with 36 multiplications for 144.
 *
 *   y tile = Aᵀ [ Σ over c, dt of (G g Gᵀ) ⊙ (Bᵀ d B) ] A   (winograd-weights.ts, winograd-input.ts, winograd-output.ts)
 *
 * The sums are 36 products of matrices, (tiles, kt × C) · (kt × C, outputs). Four tiles are a quad, the rows of a register
 * tile (tile.ts), and a panel of eight outputs its columns; where there are four outputs or less, these are the rows, and two
 * quads the columns. A task is some quads of the batch, in some frames of y, for some panels: it
 * transforms the frames of x that they see, once for all taps in time (frames and channels lie such that the taps of
 * every frame of y are one run), multiplies, and transforms the products back. Where there are few quads, `winogradInput` has
 * transformed the whole of x before, and tasks share it.
 *
 * Arguments: 0 y, 1 x, 2 U, 3 bias or 0, 4 C, 5 T, 6 H, 7 W, 8 O, 9 kt, 10 frames of y, 11 rows of tiles, 12 tiles in a row,
 * 13 tiles in all, 14 quads per task, 15 frames per task, 16 frame blocks, 17 panels per task, 18 output blocks, 19 panels at
 * a time, 20 scratch, 21 its bytes per thread, 22 bytes of V from matrix to matrix, 23 V of the whole of x or 0, 24 channels per
 * task of `winogradInput`, 25 outputs in a panel: 8, or 4 for four and less.
 */

import { arg, thread } from './job';
import { tilesInARow } from './tile';
import { SCRATCH as INPUT, placeTile, transformTiles } from './winograd-input';
import { SCRATCH as OUTPUT, placeOutput, transformOutputs } from './winograd-output';

/** From the products of one quad, frame and panel to the next: 36 tiles, and a line so that not all share a cache set. */
const PRODUCTS: u32 = 36 * 128 + 64;

/** What `findTile` has found: the sample of a tile, its row and its column. */
let sample: u32 = 0;
let row: u32 = 0;
let column: u32 = 0;

/** What `findOutput` has found: where a tile begins in output 0 and frame 0 of y, and its part within the frame. */
let y: usize = 0;
let rows: u32 = 0;
let columns: u32 = 0;

/** All of x, some channels. */
export function winogradInput(task: u32): void {
  const c = task * arg(24);
  transformInput(arg(23), 0, quadsInAll(), 0, arg(5), c, min(c + arg(24), arg(4)));
}

export function winograd(task: u32): void {
  const panel = (task % arg(18)) * arg(17);
  task /= arg(18);
  const t = (task % arg(16)) * arg(15);
  const first = (task / arg(16)) * arg(14);
  const frames = min(arg(15), arg(10) - t);
  const quads = min(arg(14), quadsInAll() - first);
  const end = min(panel + arg(17), (arg(8) + arg(25) - 1) / arg(25));
  const shared: usize = arg(23);
  const v: usize = shared != 0 ? shared + (((first * arg(5) + t) * arg(4)) << 4) : scratch() + INPUT + OUTPUT;
  const m: usize = scratch() + INPUT + OUTPUT + (shared != 0 ? 0 : 36 * arg(22));
  if (shared == 0) transformInput(v, first, quads, t, frames + arg(9) - 1, 0, arg(4));
  for (let at = panel; at < end; at += arg(19)) {
    const count = min(arg(19), end - at);
    if (fewOutputs()) {
      multiplyFew(m, v, quads, frames);
      transformFew(m, first, quads, t, frames);
    } else {
      multiply(m, v, at, count, quads, frames);
      transformOutput(m, at, count, first, quads, t, frames);
    }
  }
}

// @ts-ignore: decorator
@inline
function scratch(): usize {
  return arg(20) + thread * arg(21);
}

// @ts-ignore: decorator
@inline
function quadsInAll(): u32 {
  return (arg(13) + 3) >> 2;
}

// @ts-ignore: decorator
@inline
function fewOutputs(): bool {
  return arg(25) == 4;
}

/** Frames of V from quad to quad. */
// @ts-ignore: decorator
@inline
function framesOfV(): u32 {
  return arg(23) != 0 ? arg(5) : arg(15) + arg(9) - 1;
}

/** V: 36 matrices (quads, frames, C, 4), or (pairs of quads, frames, C, 8). Beyond the last tile, it is repeated. */
function transformInput(v: usize, first: u32, quads: u32, t: u32, frames: u32, c0: u32, c1: u32): void {
  const size = (arg(6) * arg(7)) << 2;
  const inPairs: u32 = fewOutputs() ? 1 : 0;
  for (let n: u32 = 0; n < ((quads + inPairs) & ~inPairs); n++) {
    for (let lane: u32 = 0; lane < 4; lane++) {
      findTile(((first + n) << 2) + lane);
      placeTile(scratch(), lane, sample * arg(4) * arg(5) * size, row, column);
    }
    for (let f: u32 = 0; f < frames; f++) {
      const place = (((n >> inPairs) * framesOfV() + f) * arg(4) + c0) << inPairs;
      let to: usize = v + ((place + (n & inPairs)) << 4);
      let x: usize = arg(1) + (c0 * arg(5) + t + f) * size;
      for (let c = c0; c < c1; c++) {
        transformTiles(to, arg(22), x, arg(6), arg(7), scratch());
        to += 16 << inPairs;
        x += arg(5) * size;
      }
    }
  }
}

/** M (panels, quads, frames, 36, 4, 8). */
function multiply(m: usize, v: usize, panel: u32, panels: u32, quads: u32, frames: u32): void {
  const depth = arg(9) * arg(4);
  const frame = arg(4) << 4;
  for (let i: u32 = 0; i < 36; i++) {
    let to: usize = m + (i << 7);
    for (let p = panel; p < panel + panels; p++) {
      const u: usize = arg(2) + (((p * 36 + i) * depth) << 5);
      for (let n: u32 = 0; n < quads; n++) {
        tilesInARow(v + i * arg(22) + n * framesOfV() * frame, frame, u, 0, depth, to, PRODUCTS, frames);
        to += arg(15) * PRODUCTS;
      }
    }
  }
}

/** M (pairs of quads, frames, 36, 4, 8). */
function multiplyFew(m: usize, v: usize, quads: u32, frames: u32): void {
  const depth = arg(9) * arg(4);
  const frame = arg(4) << 5;
  for (let i: u32 = 0; i < 36; i++) {
    let to: usize = m + (i << 7);
    for (let pair: u32 = 0; pair < (quads + 1) >> 1; pair++) {
      const b: usize = v + i * arg(22) + pair * framesOfV() * frame;
      tilesInARow(arg(2) + ((i * depth) << 4), 0, b, frame, depth, to, PRODUCTS, frames);
      to += arg(15) * PRODUCTS;
    }
  }
}

/** Four outputs of a tile at a time. */
function transformOutput(m: usize, panel: u32, panels: u32, first: u32, quads: u32, t: u32, frames: u32): void {
  const plane = arg(10) * arg(6) * arg(7);
  const end = min(arg(8), (panel + panels) << 3);
  for (let n: u32 = 0; n < quads; n++) {
    for (let lane: u32 = 0; lane < min(4, arg(13) - ((first + n) << 2)); lane++) {
      findOutput(((first + n) << 2) + lane);
      for (let o = panel << 3; o < end; o += 4) {
        const bias = arg(3) == 0 ? f32x4.splat(0) : v128.load(arg(3) + (o << 2));
        for (let l: u32 = 0; l < 4; l++) {
          placeOutput(scratch() + INPUT, l, y + (((o + l) * plane) << 2), o + l < end ? rows : 0, columns);
        }
        const block = ((o >> 3) - panel) * quads + n;
        transformFrames(m + block * arg(15) * PRODUCTS + (lane << 5) + ((o & 4) << 2), bias, t, frames);
      }
    }
  }
}

/** Four tiles of an output at a time. */
function transformFew(m: usize, first: u32, quads: u32, t: u32, frames: u32): void {
  const plane = arg(10) * arg(6) * arg(7);
  for (let n: u32 = 0; n < quads; n++) {
    for (let o: u32 = 0; o < arg(8); o++) {
      const bias = arg(3) == 0 ? f32x4.splat(0) : v128.load32_splat(arg(3) + (o << 2));
      for (let lane: u32 = 0; lane < 4; lane++) {
        const tile = ((first + n) << 2) + lane;
        findOutput(tile);
        placeOutput(scratch() + INPUT, lane, y + ((o * plane) << 2), tile < arg(13) ? rows : 0, columns);
      }
      transformFrames(m + (n >> 1) * arg(15) * PRODUCTS + (o << 5) + ((n & 1) << 4), bias, t, frames);
    }
  }
}

// @ts-ignore: decorator
@inline
function transformFrames(from: usize, bias: v128, t: u32, frames: u32): void {
  const bytes = arg(7) << 2; // of a row
  for (let f: u32 = 0; f < frames; f++) {
    transformOutputs((t + f) * arg(6) * bytes, bytes, from, bias, scratch() + INPUT);
    from += PRODUCTS;
  }
}

/** A tile by its number; beyond the last, that one. */
function findTile(tile: u32): void {
  const perFrame = arg(11) * arg(12);
  tile = min(tile, arg(13) - 1);
  sample = tile / perFrame;
  const inFrame = tile - sample * perFrame;
  row = inFrame / arg(12);
  column = inFrame - row * arg(12);
}

function findOutput(tile: u32): void {
  findTile(tile);
  const h = row << 2;
  const w = column << 2;
  rows = min(4, arg(6) - h);
  columns = min(4, arg(7) - w);
  y = arg(0) + (((sample * arg(8) * arg(10) * arg(6) + h) * arg(7) + w) << 2);
}
