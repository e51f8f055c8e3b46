/**
 * Rows of a matrix by number, widened. Task: some rows. Arguments: 0 y, 1 x, 2 rows, 3 rows per task, 4 width, a multiple of 4 of
 * other types than float32, 5 numbers, or 0 for all rows, 6 type (widen.ts).
 */

import { arg } from './job';
import { FLOAT, rowAt, widenRow } from './widen';

export function take(task: u32): void {
  const first = task * arg(3);
  const end = min(first + arg(3), arg(2));
  const bytes: usize = arg(4) << 2;
  for (let row = first; row < end; row++) {
    const number = arg(5) == 0 ? row : load<u32>(arg(5) + (row << 2));
    const from = rowAt(arg(1), number, arg(4), arg(6));
    if (arg(6) == FLOAT) memory.copy(arg(0) + row * bytes, from, bytes);
    else widenRow(arg(0) + row * bytes, from, arg(4), arg(6));
  }
}
