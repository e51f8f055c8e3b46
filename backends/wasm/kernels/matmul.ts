/**
 * C = A · B + bias. B lies in panels of 8 columns (pack.ts), or is a transposed matrix in a stored form (widen.ts) that becomes panels bit by bit.
 *
 * A task is some rows × some columns of C. K runs in blocks of 256: the rows of A are packed in panels of 4 (64 rows: 64 KiB,
 * second cache); then each panel of B (8 KiB, first cache) is multiplied by all of them. C itself holds the sums between
 * blocks of K. One or two rows that are left over are read in place (tile.ts: row). Every sum runs along K the same way in all cases.
 *
 * Arguments: 0 C, 1 A, 2 B, 3 M, 4 N, 5 K, 6 A from matrix to matrix, 7 B likewise (0: one for all), 8 bias (N) or 0, 9 row
 * blocks, 10 column blocks, 11 rows per task, 12 columns per task, both multiples of 4 and 16 where there is a further block,
 * 13 stride of A along M, 14 along K, one of them 4, 15 type of B (widen.ts), 16 scratch, 17 its bytes per thread. In bytes.
 */

import { ZEROS, arg, thread } from './job';
import { packPanel } from './pack';
import { row, tiles } from './tile';
import { FLOAT, storedBytes, widenRow } from './widen';

const DEPTH: u32 = 256;
/** Scratch: a tile; eight rows of B, widened; a panel of B; the rows of A. */
const WIDE: usize = 128;
const PANEL: usize = WIDE + 8 * 1024;
const ROWS: usize = PANEL + 8 * 1024;

export function matmul(task: u32): void {
  const matrix = task / (arg(9) * arg(10));
  const block = task % (arg(9) * arg(10));
  const i0 = (block / arg(10)) * arg(11);
  const j0 = (block % arg(10)) * arg(12);
  const rows = min(arg(11), arg(3) - i0);
  const columns = min(arg(12), arg(4) - j0);
  const a: usize = arg(1) + matrix * arg(6) + i0 * arg(13);
  const b: usize = arg(2) + matrix * arg(7);
  const c: usize = arg(0) + (((matrix * arg(3) + i0) * arg(4) + j0) << 2);
  const apart = arg(15) == FLOAT && (rows & 3) < 3 ? rows & 3 : 0;
  const packed = rows - apart;
  let k: u32 = 0;
  do {
    const depth = min(DEPTH, arg(5) - k);
    packRows(a + k * arg(14), packed, depth);
    for (let j: u32 = 0; j < columns; j += 8) {
      const bias: usize = arg(8) == 0 ? 0 : arg(8) + ((j0 + j) << 2);
      multiply(panelOf(b, j0 + j, k, depth), depth, c + (j << 2), packed, min(8, columns - j), k > 0, bias);
    }
    k += DEPTH;
  } while (packed > 0 && k < arg(5));
  if (apart > 0) lastRows(a + packed * arg(13), b + ((j0 * arg(5)) << 2), c + ((packed * arg(4)) << 2), apart, j0, columns);
}

// @ts-ignore: decorator
@inline
function scratch(): usize {
  return arg(16) + thread * arg(17);
}

function packRows(a: usize, rows: u32, depth: u32): void {
  for (let i: u32 = 0; i < rows; i += 4) {
    packPanel(scratch() + ROWS + ((i * depth) << 2), a + i * arg(13), arg(13), arg(14), min(4, rows - i), depth, 4);
  }
}

/** The panel of B at column `j`, from `k` on. */
function panelOf(b: usize, j: u32, k: u32, depth: u32): usize {
  if (arg(15) == FLOAT) return b + ((j * arg(5) + k * 8) << 2);
  const wide = scratch() + WIDE;
  const panel = scratch() + PANEL;
  const columns = min(8, arg(4) - j);
  const from = b + storedBytes(k, arg(15));
  const stride = storedBytes(arg(5), arg(15));
  for (let r: u32 = 0; r < columns; r++) widenRow(wide + (r << 10), from + (j + r) * stride, depth, arg(15));
  packPanel(panel, wide, 1024, 4, columns, depth, 8);
  return panel;
}

/** Eight columns of C, or less, in all packed rows. `bias` is 0 for none; it starts the sums unless they go on. */
function multiply(b: usize, depth: u32, c: usize, rows: u32, columns: u32, goOn: bool, bias: usize): void {
  const stride = arg(4) << 2;
  const a: usize = scratch() + ROWS;
  const whole = columns == 8 ? rows >> 2 : 0;
  if (goOn) tiles(a, b, depth, c, stride, c, stride, stride << 2, whole);
  else tiles(a, b, depth, c, stride, bias == 0 ? ZEROS : bias, 0, 0, whole);
  for (let i = whole << 2; i < rows; i += 4) {
    tiles(a + ((i * depth) << 2), b, depth, scratch(), 32, ZEROS, 0, 0, 1);
    keep(c + i * stride, stride, min(4, rows - i), columns, goOn, bias);
  }
}

/** The part of a tile in scratch memory that lies within C. */
function keep(c: usize, stride: u32, rows: u32, columns: u32, goOn: bool, bias: usize): void {
  for (let i: u32 = 0; i < rows; i++) {
    for (let j: usize = 0; j < columns << 2; j += 4) {
      const to: usize = c + i * stride + j;
      const start = goOn ? f32.load(to) : bias == 0 ? 0 : f32.load(bias + j);
      f32.store(to, f32.load(scratch() + (i << 5) + j) + start);
    }
  }
}

/** One or two rows of C, 16 columns at a time; a panel beyond the last repeats it, and is not stored. */
function lastRows(a: usize, b: usize, c: usize, rows: u32, j0: u32, columns: u32): void {
  const panel: usize = arg(5) << 5;
  const last: usize = b + ((columns - 1) >> 3) * panel;
  for (let j: u32 = 0; j < columns; j += 16) {
    const bias: usize = arg(8) == 0 ? 0 : arg(8) + ((j0 + j) << 2);
    let k: u32 = 0;
    do {
      const b0: usize = b + (j >> 3) * panel;
      const offset: usize = k << 5;
      for (let i: u32 = 0; i < rows; i++) {
        const to: usize = c + ((i * arg(4) + j) << 2);
        const depth = min(DEPTH, arg(5) - k);
        const x: usize = a + i * arg(13) + k * arg(14);
        row(x, arg(14), b0 + offset, min(b0 + panel, last) + offset, depth, to, k > 0 ? to : bias, columns - j);
      }
      k += DEPTH;
    } while (k < arg(5));
  }
}
