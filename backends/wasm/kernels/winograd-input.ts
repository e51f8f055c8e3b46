/**
 * The input of a 3×3 convolution for winograd.ts: V = Bᵀ d B for 6×6 tiles d of x, four columns or rows apart, zeros around
 * the frame. Four tiles, wherever they lie, are the lanes of a vector.
 *
 * Rows come first (Bᵀ d), tile by tile, with 8 columns of which 6 count; then the four tiles are transposed, and columns follow.
 */

import { storeInput } from './winograd-transforms';

/** A tile in scratch memory: six rows of eight numbers. */
const TILE: usize = 192;
/** Where the four tiles lie, behind them and one that is copied from the border of a frame: three numbers each. */
const PLACES: usize = 5 * TILE;
/** Bytes of scratch memory. */
export const SCRATCH: usize = PLACES + 64;

/** Sets the place of tile `lane`: `frame` bytes from the first frame, row `i` and column `j` of its tiles. */
export function placeTile(scratch: usize, lane: u32, frame: usize, i: u32, j: u32): void {
  const place = scratch + PLACES + (lane << 4);
  store<u32>(place, frame);
  store<i32>(place, i32(i << 2) - 1, 4);
  store<i32>(place, i32(j << 2) - 1, 8);
}

/** Four tiles of one channel, of which the first frame is at `x`: 36 vectors, `step` bytes apart. */
export function transformTiles(to: usize, step: usize, x: usize, height: i32, width: i32, scratch: usize): void {
  for (let lane: usize = 0; lane < 4; lane++) {
    const place = scratch + PLACES + (lane << 4);
    transformRows(scratch + lane * TILE, x + load<u32>(place), load<i32>(place, 4), load<i32>(place, 8), height, width, scratch);
  }
  transformColumns(to, step, scratch);
}

// @ts-ignore: decorator
@inline
function transformRows(to: usize, frame: usize, h: i32, w: i32, height: i32, width: i32, scratch: usize): void {
  const x: usize = frame + ((h * width + w) << 2);
  if (h >= 0 && w >= 0 && h + 6 <= height && w + 6 <= width) {
    rows(to, x, width << 2);
  } else {
    copyTile(scratch + 4 * TILE, x, width << 2, h, w, height, width);
    rows(to, scratch + 4 * TILE, 32);
  }
}

/** `x` is its first number, rows `row` bytes apart. */
function rows(to: usize, x: usize, row: usize): void {
  for (let half: usize = 0; half < 32; half += 16) {
    const from = x + half;
    storeInput(
      to + half, 32, v128.load(from), v128.load(from + row), v128.load(from + 2 * row), v128.load(from + 3 * row),
      v128.load(from + 4 * row), v128.load(from + 5 * row),
    );
  }
}

/** A tile that begins in row `h` and column `w`, −1 or more. Nothing is read where nothing is used. */
function copyTile(to: usize, x: usize, row: usize, h: i32, w: i32, height: i32, width: i32): void {
  const left = v128.andnot(i32x4.lt_s(columns(w), i32x4.splat(width)), i32x4.lt_s(columns(w), i32x4.splat(0)));
  const right = i32x4.lt_s(columns(w + 4), i32x4.splat(width));
  const two = w + 4 < width;
  const zero = f32x4.splat(0);
  for (let end = h + 6; h < end; h++) {
    const inside = h >= 0 && h < height;
    v128.store(to, inside ? v128.and(left, v128.load(x)) : zero);
    v128.store(to, inside && two ? v128.and(right, v128.load(x, 16)) : zero, 16);
    to += 32;
    x += row;
  }
}

// @ts-ignore: decorator
@inline
function columns(first: i32): v128 {
  return i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3));
}

/** The four tiles of the scratch memory: 36 vectors, `step` bytes apart. */
function transformColumns(to: usize, step: usize, scratch: usize): void {
  for (let end = scratch + TILE; scratch < end; scratch += 32) {
    const a = v128.load(scratch);
    const b = v128.load(scratch, TILE);
    const c = v128.load(scratch, 2 * TILE);
    const d = v128.load(scratch, 3 * TILE);
    const ab01 = i32x4.shuffle(a, b, 0, 4, 1, 5);
    const ab23 = i32x4.shuffle(a, b, 2, 6, 3, 7);
    const cd01 = i32x4.shuffle(c, d, 0, 4, 1, 5);
    const cd23 = i32x4.shuffle(c, d, 2, 6, 3, 7);
    const ab45 = i32x4.shuffle(v128.load(scratch, 16), v128.load(scratch, TILE + 16), 0, 4, 1, 5);
    const cd45 = i32x4.shuffle(v128.load(scratch, 2 * TILE + 16), v128.load(scratch, 3 * TILE + 16), 0, 4, 1, 5);
    storeInput(
      to, step, i64x2.shuffle(ab01, cd01, 0, 2), i64x2.shuffle(ab01, cd01, 1, 3), i64x2.shuffle(ab23, cd23, 0, 2),
      i64x2.shuffle(ab23, cd23, 1, 3), i64x2.shuffle(ab45, cd45, 0, 2), i64x2.shuffle(ab45, cd45, 1, 3),
    );
    to += 6 * step;
  }
}
