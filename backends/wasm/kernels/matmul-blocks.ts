/**
 * C = A · B + bias with B of quantized weights in strips (interleave.ts) and A rounded to 16 bits (round.ts): integer products within
 * blocks, scaled and added up in float32 along K. Every sum runs the same way for every number of rows.
 *
 * A task is some rows × some columns of C. For each eight columns, 256 of K at a time are opened (unpack.ts: 2 KiB, first cache)
 * and multiplied by all rows; the sums lie in scratch memory until K is done.
 *
 * Arguments: 0 C, 1 A, 2 B, 3 M, 4 N, 5 K, 6 bias (N) or 0, 7 column blocks, 8 rows per task, 9 columns per task, multiples of 4 and 8
 * where there is a further block, 10 type of B (widen.ts), 11 scratch, 12 its bytes per thread.
 */

import { fourRows, oneRow, subtractOffsets } from './block-tile';
import { ZEROS, arg, storeLanes, thread } from './job';
import { RECORD } from './round';
import { openQ4_0, openQ4_K, openScales, openScalesQ4_K } from './unpack';
import { storedBytes } from './widen';
import { Q4_0, Q4_K } from './widen-blocks';

const DEPTH: u32 = 256;
/** Scratch: scales and offsets (8, 8), weights (256, 8), sums (rows, 8). */
const OFFSETS: usize = 256;
const WEIGHTS: usize = 512;
const SUMS: usize = WEIGHTS + 2048;

export function matmulBlocks(task: u32): void {
  const i0 = (task / arg(7)) * arg(8);
  const j0 = (task % arg(7)) * arg(9);
  const rows = min(arg(8), arg(3) - i0);
  const end = min(j0 + arg(9), arg(4));
  const scratch: usize = arg(11) + thread * arg(12);
  const records: usize = arg(5) >> 5;
  const x: usize = arg(1) + (i0 >> 2) * records * RECORD;
  const strip = storedBytes(arg(5), arg(10)) << 3;
  for (let j = j0; j < end; j += 8) {
    memory.fill(scratch + SUMS, 0, ((rows + 3) & ~3) << 5);
    const b: usize = arg(2) + (j >> 3) * strip;
    for (let k: u32 = 0; k < arg(5); k += DEPTH) {
      const count = min(DEPTH, arg(5) - k);
      multiply(x + (k >> 5) * RECORD, records * RECORD, b + (storedBytes(k, arg(10)) << 3), count >> 5, rows, scratch);
    }
    keep(arg(0) + ((i0 * arg(4) + j) << 2), rows, min(8, end - j), arg(6) == 0 ? ZEROS : arg(6) + (j << 2), scratch + SUMS);
  }
}

/** Adds the products of some blocks to the sums; `next` bytes from panel to panel. */
function multiply(x: usize, next: usize, b: usize, blocks: u32, rows: u32, scratch: usize): void {
  let weights: usize = scratch + WEIGHTS;
  if (arg(10) == Q4_K) {
    openScalesQ4_K(scratch, scratch + OFFSETS, b);
    openQ4_K(weights, b + 128);
  } else {
    openScales(scratch, b, blocks, arg(10) == Q4_0 ? 0.0625 : 1);
    b += blocks << 4;
    if (arg(10) == Q4_0) openQ4_0(weights, b, blocks);
    else weights = b;
  }
  const left = rows & 3;
  const apart = left < 3 ? left : 0;
  const panels = (rows - apart + 3) >> 2;
  fourRows(x, next, weights, scratch, blocks, scratch + SUMS, panels);
  const last: usize = x + panels * next;
  for (let r: u32 = 0; r < apart; r++) {
    oneRow(last + (r << 2), last + 256 + (r << 2), weights, scratch, blocks, scratch + SUMS + ((4 * panels + r) << 5));
  }
  if (arg(10) == Q4_K) subtractOffsets(x, next, scratch + OFFSETS, scratch + SUMS, (rows + 3) >> 2);
}

function keep(c: usize, rows: u32, columns: u32, bias: usize, sums: usize): void {
  const left = v128.load(bias);
  const right = v128.load(bias, 16);
  for (let i: u32 = 0; i < rows; i++) {
    const low = f32x4.add(v128.load(sums), left);
    const high = f32x4.add(v128.load(sums, 16), right);
    storeLanes(c, low, columns);
    if (columns > 4) storeLanes(c + 16, high, columns - 4);
    c += arg(4) << 2;
    sums += 32;
  }
}
