/**
 * Rows of a matrix by number, widened. Task: some rows. Arguments: 0 y, 1 x, 2 rows, 3 rows per task, 4 width, a multiple of 4 of
 * other types than float32, 5 numbers, 6 type (widen.ts).
 */

import { arg } from './job';
import { FLOAT, storedBytes, widenRow } from './widen';

export function take(task: u32): void {
  const first = task * arg(3);
  const end = min(first + arg(3), arg(2));
  const bytes: usize = arg(4) << 2;
  const stride = storedBytes(arg(4), arg(6));
  for (let row = first; row < end; row++) {
    const number = load<u32>(arg(5) + (row << 2));
    const from = arg(1) + number * stride;
    if (arg(6) == FLOAT) memory.copy(arg(0) + row * bytes, from, bytes);
    else widenRow(arg(0) + row * bytes, from, arg(4), arg(6));
  }
}
