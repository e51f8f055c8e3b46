/**
 * Copies between layouts: slices, concatenations, repeated axes, permutations that keep the last axis last. A is the
 * source, B the target; rows that are contiguous in both go four lanes at a time.
 *
 * Task: some units of walk.ts. Arguments: 0 target, 1 source, and those of walk.ts.
 */

import { arg } from './job';
import { begin, count, next, rowA, rowB, start, strideA, strideB, together } from './walk';

export function copy(task: u32): void {
  const stepA = strideA(arg(8) - 1);
  const stepB = strideB(arg(8) - 1);
  const axes = arg(8);
  const betweenA = axes > 1 ? strideA(axes - 2) << 2 : 0;
  const betweenB = axes > 1 ? strideB(axes - 2) << 2 : 0;
  begin(task);
  let rows: u32;
  do {
    rows = together();
    let to: usize = arg(0) + ((rowB + start * stepB) << 2);
    let from: usize = arg(1) + ((rowA + start * stepA) << 2);
    for (let i: u32 = 0; i < rows; i++) {
      copyRow(to, from, stepA, stepB, count);
      to += betweenB;
      from += betweenA;
    }
  } while (next(rows));
}

// @ts-ignore: decorator
@inline
function copyRow(to: usize, from: usize, stepA: u32, stepB: u32, left: u32): void {
  if (stepA == 1 && stepB == 1) {
    for (; left >= 4; left -= 4) {
      v128.store(to, v128.load(from));
      to += 16;
      from += 16;
    }
  }
  for (; left > 0; left--) {
    f32.store(to, f32.load(from));
    to += stepB << 2;
    from += stepA << 2;
  }
}
