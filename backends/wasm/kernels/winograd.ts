/**
 * Causal convolution with kernels of 3×3 in space by Winograd's minimal filtering F(4×4, 3×3) (Lavin and Gray 2016,
 * arXiv 1509.09308): 4×4 outputs from 6×6 inputs with 36 multiplications for 144.
 *
 *   y tile = Aᵀ [ Σ over c, dt of (G g Gᵀ) ⊙ (Bᵀ d B) ] A   (winograd-weights.ts, winograd-input.ts, winograd-output.ts)
 *
 * The sums are 36 products of matrices, (tiles, kt × C) · (kt × C, outputs). Four tiles are a quad, the rows of a register
 * tile (tile.ts), and a panel of eight outputs its columns. A task is some quads of the batch, in some frames of y, for some panels: it
 * transforms the frames of x that they see, once for all taps in time (frames and channels lie such that the taps of
 * every frame of y are one run), multiplies, and transforms the products back. Where there are few quads, `winogradInput` has
 * transformed the whole of x before, and tasks share it.
 *
 * Arguments: 0 y, 1 x, 2 U, 3 bias or 0, 4 C, 5 T, 6 H, 7 W, 8 O, 9 kt, 10 frames of y, 11 rows of tiles, 12 tiles in a row,
 * 13 tiles in all, 14 quads per task, 15 frames per task, 16 frame blocks, 17 panels per task, 18 output blocks, 19 panels at
 * a time, 20 scratch, 21 its bytes per thread, 22 bytes of V from matrix to matrix, 23 V of the whole of x or 0, 24 channels per
 * task of `winogradInput`.
 */

import { arg, thread } from './job';
import { tilesInARow } from './tile';
import { SCRATCH as INPUT, placeTile, transformTiles } from './winograd-input';
import { SCRATCH as OUTPUT, transformTile } from './winograd-output';

/** From the products of one quad, frame and panel to the next: 36 tiles, and a line so that not all share a cache set. */
const PRODUCTS: u32 = 36 * 128 + 64;

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
  const end = min(panel + arg(17), (arg(8) + 7) >> 3);
  const shared: usize = arg(23);
  const v: usize = shared != 0 ? shared + (((first * arg(5) + t) * arg(4)) << 4) : scratch() + INPUT + OUTPUT;
  const m: usize = scratch() + INPUT + OUTPUT + (shared != 0 ? 0 : 36 * arg(22));
  if (shared == 0) transformInput(v, first, quads, t, frames + arg(9) - 1, 0, arg(4));
  for (let at = panel; at < end; at += arg(19)) {
    const count = min(arg(19), end - at);
    multiply(m, v, at, count, quads, frames);
    transformOutput(m, at, count, first, quads, t, frames);
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

/** Frames of V from quad to quad. */
// @ts-ignore: decorator
@inline
function framesOfV(): u32 {
  return arg(23) != 0 ? arg(5) : arg(15) + arg(9) - 1;
}

/** V: 36 matrices (quads, frames, C, 4). Beyond the last tile, it is repeated. */
function transformInput(v: usize, first: u32, quads: u32, t: u32, frames: u32, c0: u32, c1: u32): void {
  const size = (arg(6) * arg(7)) << 2;
  const perFrame = arg(11) * arg(12);
  for (let n: u32 = 0; n < quads; n++) {
    for (let lane: u32 = 0; lane < 4; lane++) {
      const tile = min(((first + n) << 2) + lane, arg(13) - 1);
      const b = tile / perFrame;
      const inFrame = tile - b * perFrame;
      const i = inFrame / arg(12);
      placeTile(scratch(), lane, b * arg(4) * arg(5) * size, i, inFrame - i * arg(12));
    }
    for (let f: u32 = 0; f < frames; f++) {
      let to: usize = v + (((n * framesOfV() + f) * arg(4) + c0) << 4);
      let x: usize = arg(1) + (c0 * arg(5) + t + f) * size;
      for (let c = c0; c < c1; c++) {
        transformTiles(to, arg(22), x, arg(6), arg(7), scratch());
        to += 16;
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

function transformOutput(m: usize, panel: u32, panels: u32, first: u32, quads: u32, t: u32, frames: u32): void {
  const row = arg(7) << 2;
  const size = arg(6) * row;
  const plane = arg(10) * size;
  const perFrame = arg(11) * arg(12);
  for (let p: u32 = 0; p < panels; p++) {
    for (let half: u32 = 0; half < 2; half++) {
      const o = ((panel + p) << 3) + (half << 2);
      if (o >= arg(8)) break;
      const bias = arg(3) == 0 ? f32x4.splat(0) : v128.load(arg(3) + (o << 2));
      for (let n: u32 = 0; n < quads; n++) {
        for (let lane: u32 = 0; lane < min(4, arg(13) - ((first + n) << 2)); lane++) {
          const tile = ((first + n) << 2) + lane;
          const b = tile / perFrame;
          const inFrame = tile - b * perFrame;
          const h = (inFrame / arg(12)) << 2;
          const w = (inFrame % arg(12)) << 2;
          let from: usize = m + (p * quads + n) * arg(15) * PRODUCTS + (lane << 5) + (half << 4);
          let y: usize = arg(0) + (b * arg(8) + o) * plane + t * size + h * row + (w << 2);
          for (let f: u32 = 0; f < frames; f++) {
            transformTile(
              y, plane, row, from, 128, bias, min(4, arg(8) - o), min(4, arg(6) - h), min(4, arg(7) - w), scratch() + INPUT,
            );
            from += PRODUCTS;
            y += size;
          }
        }
      }
    }
  }
}
