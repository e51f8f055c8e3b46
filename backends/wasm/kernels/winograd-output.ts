/**
 * The output of a 3×3 convolution for winograd.ts: y = Aᵀ M A for 4×4 tiles of y. Four of them, wherever they lie, are the lanes
 * of a vector; at the end they are transposed, and each row of a tile is one vector.
 */

import { storeLanes } from './job';
import { output0, output1, output2, output3 } from './winograd-transforms';

/** Between the two steps: Aᵀ M, four rows of six vectors. */
const PLACES: usize = 384;
/** Bytes of scratch memory. */
export const SCRATCH: usize = PLACES + 64;

/** Sets where the tile of lane `lane` begins, and how many of its rows and columns lie within the frame; none for no tile. */
export function placeOutput(scratch: usize, lane: u32, y: usize, rows: u32, columns: u32): void {
  const place = scratch + PLACES + (lane << 4);
  store<u32>(place, y);
  store<u32>(place, rows, 4);
  store<u32>(place, columns, 8);
}

/**
 * Four tiles, `offset` bytes from their places.
 * @param row bytes of a row of y.
 * @param m 36 vectors, 128 bytes apart.
 */
export function transformOutputs(offset: usize, row: usize, m: usize, bias: v128, scratch: usize): void {
  for (let to = scratch, end = scratch + 96; to < end; to += 16) {
    const m1 = v128.load(m, 768);
    const m2 = v128.load(m, 1536);
    const m3 = v128.load(m, 2304);
    const m4 = v128.load(m, 3072);
    v128.store(to, output0(v128.load(m), m1, m2, m3, m4));
    v128.store(to, output1(m1, m2, m3, m4), 96);
    v128.store(to, output2(m1, m2, m3, m4), 192);
    v128.store(to, output3(m1, m2, m3, m4, v128.load(m, 3840)), 288);
    m += 128;
  }
  const y0: usize = load<u32>(scratch, PLACES) + offset;
  const y1: usize = load<u32>(scratch, PLACES + 16) + offset;
  const y2: usize = load<u32>(scratch, PLACES + 32) + offset;
  const y3: usize = load<u32>(scratch, PLACES + 48) + offset;
  const inside = isInside(scratch, 0) && isInside(scratch, 1) && isInside(scratch, 2) && isInside(scratch, 3);
  for (let i: u32 = 0, from = scratch, to: usize = 0; i < 4; i++) {
    const m1 = v128.load(from, 16);
    const m2 = v128.load(from, 32);
    const m3 = v128.load(from, 48);
    const m4 = v128.load(from, 64);
    const a = f32x4.add(bias, output0(v128.load(from), m1, m2, m3, m4));
    const b = f32x4.add(bias, output1(m1, m2, m3, m4));
    const c = f32x4.add(bias, output2(m1, m2, m3, m4));
    const d = f32x4.add(bias, output3(m1, m2, m3, m4, v128.load(from, 80)));
    const ab01 = i32x4.shuffle(a, b, 0, 4, 1, 5);
    const ab23 = i32x4.shuffle(a, b, 2, 6, 3, 7);
    const cd01 = i32x4.shuffle(c, d, 0, 4, 1, 5);
    const cd23 = i32x4.shuffle(c, d, 2, 6, 3, 7);
    const row0 = i64x2.shuffle(ab01, cd01, 0, 2);
    const row1 = i64x2.shuffle(ab01, cd01, 1, 3);
    const row2 = i64x2.shuffle(ab23, cd23, 0, 2);
    const row3 = i64x2.shuffle(ab23, cd23, 1, 3);
    if (inside) {
      v128.store(y0 + to, row0);
      v128.store(y1 + to, row1);
      v128.store(y2 + to, row2);
      v128.store(y3 + to, row3);
    } else {
      storeRow(scratch, 0, i, y0 + to, row0);
      storeRow(scratch, 1, i, y1 + to, row1);
      storeRow(scratch, 2, i, y2 + to, row2);
      storeRow(scratch, 3, i, y3 + to, row3);
    }
    to += row;
    from += 96;
  }
}

/** Whether the tile of a lane lies within the frame as a whole. */
// @ts-ignore: decorator
@inline
function isInside(scratch: usize, lane: u32): bool {
  const place = scratch + PLACES + (lane << 4);
  return load<u32>(place, 4) == 4 && load<u32>(place, 8) == 4;
}

/** Row `i` of the tile of one lane. */
function storeRow(scratch: usize, lane: u32, i: u32, y: usize, values: v128): void {
  const place = scratch + PLACES + (lane << 4);
  if (i < load<u32>(place, 4)) storeLanes(y, values, load<u32>(place, 8));
}
