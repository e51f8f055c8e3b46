/**
 * C = A · B + bias. B lies in panels of 8 columns (pack.ts), or is a transposed matrix in 16 bits (widen.ts) that becomes panels bit by bit.
 *
 * A task is some rows × some columns of C. A is packed in panels of 4 rows, 256 KiB of it at a time (second cache): all of K for few
 * rows, so that B is read along K from one end to the other, as memory gives it soonest; 256 of K for many. Then each panel of B, 256
 * of K (8 KiB, first cache), is multiplied by all of them. C itself holds the sums between blocks of 256. One or two rows that are
 * left over are read in place (tile.ts: row); of a matrix in 16 bits only if there are no others, or it were widened twice.
 * Every sum runs along K the same way in all cases.
 *
 * Arguments: 0 C, 1 A, 2 B, 3 M, 4 N, 5 K, 6 A from matrix to matrix, 7 B likewise (0: one for all), 8 bias (N) or 0, 9 row
 * blocks, 10 column blocks, 11 rows per task, 12 columns per task, both multiples of 4 and 16 where there is a further block,
 * 13 stride of A along M, 14 along K, one of them 4, 15 type of B (widen.ts), 16 scratch, 17 its bytes per thread, 18 elements of K
 * that are packed at a time, a multiple of 256. Strides in bytes.
 */

import { ZEROS, arg, thread } from './job';
import { packPanel } from './pack';
import { row, tiles } from './tile';
import { FLOAT, storedBytes, widenRow } from './widen';

const DEPTH: u32 = 256;
/** Scratch: a tile; eight rows of B, widened; a panel of B; the rows of A, or a second panel. */
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
  const left = rows & 3;
  const apart = left < 3 && (arg(15) == FLOAT || rows < 3) ? left : 0;
  const packed = rows - apart;
  if (packed > 0) {
    let k: u32 = 0;
    do {
      piece(a + k * arg(14), b, c, packed, j0, columns, k, min(arg(18), arg(5) - k));
      k += arg(18);
    } while (k < arg(5));
  }
  if (apart > 0) lastRows(a + packed * arg(13), b, c + ((packed * arg(4)) << 2), apart, j0, columns);
}

/** Adds the part of the sums from k on, so many. */
function piece(a: usize, b: usize, c: usize, rows: u32, j0: u32, columns: u32, k: u32, count: u32): void {
  const bytes = ((rows + 3) & ~3) << 2;
  for (let at: u32 = 0; at < count; at += DEPTH) packRows(a + at * arg(14), scratch() + ROWS + at * bytes, rows, min(DEPTH, count - at));
  for (let j: u32 = 0; j < columns; j += 8) {
    const bias: usize = arg(8) == 0 ? 0 : arg(8) + ((j0 + j) << 2);
    let at: u32 = 0;
    do {
      const depth = min(DEPTH, count - at);
      const panel = panelOf(b, j0 + j, k + at, depth, scratch() + PANEL);
      multiply(scratch() + ROWS + at * bytes, panel, depth, c + (j << 2), rows, min(8, columns - j), k + at > 0, bias);
      at += DEPTH;
    } while (at < count);
  }
}

// @ts-ignore: decorator
@inline
function scratch(): usize {
  return arg(16) + thread * arg(17);
}

function packRows(a: usize, to: usize, rows: u32, depth: u32): void {
  for (let i: u32 = 0; i < rows; i += 4) {
    packPanel(to + ((i * depth) << 2), a + i * arg(13), arg(13), arg(14), min(4, rows - i), depth, 4);
  }
}

/** The panel of B at column `j`, from `k` on: in place, or widened at `to`. */
function panelOf(b: usize, j: u32, k: u32, depth: u32, to: usize): usize {
  if (arg(15) == FLOAT) return b + ((j * arg(5) + k * 8) << 2);
  const columns = min(8, arg(4) - j);
  const stride = storedBytes(arg(5), arg(15));
  const from = b + storedBytes(k, arg(15)) + j * stride;
  const wide = scratch() + WIDE;
  for (let r: u32 = 0; r < columns; r++) widenRow(wide + (r << 10), from + r * stride, depth, arg(15));
  packPanel(to, wide, 1024, 4, columns, depth, 8);
  return to;
}

/** Eight columns of C, or less, in all packed rows. `bias` is 0 for none; it starts the sums unless they go on. */
function multiply(a: usize, b: usize, depth: u32, c: usize, rows: u32, columns: u32, goOn: bool, bias: usize): void {
  const stride = arg(4) << 2;
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
  for (let j: u32 = 0; j < columns; j += 16) {
    const bias: usize = arg(8) == 0 ? 0 : arg(8) + ((j0 + j) << 2);
    let k: u32 = 0;
    do {
      const depth = min(DEPTH, arg(5) - k);
      const b0 = panelOf(b, j0 + j, k, depth, scratch() + PANEL);
      const b1 = j + 8 < columns ? panelOf(b, j0 + j + 8, k, depth, scratch() + ROWS) : b0;
      for (let i: u32 = 0; i < rows; i++) {
        const to: usize = c + ((i * arg(4) + j) << 2);
        row(a + i * arg(13) + k * arg(14), arg(14), b0, b1, depth, to, k > 0 ? to : bias, columns - j);
      }
      k += DEPTH;
    } while (k < arg(5));
  }
}
