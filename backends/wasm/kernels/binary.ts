/**
 * y = a + b, a − b, a · b, a / b with NumPy broadcasting: axes that an operand repeats have stride 0.
 *
 * y is row-major. Rows are done four lanes at a time when each operand's step along the last axis is 1 or 0.
 * Task: some units of walk.ts. Arguments: 0 y, 1 a, 2 b, 3 operation, and those of walk.ts.
 */

import { arg, storeLanes } from './job';
import { begin, count, extent, next, row, rowA, rowB, start, strideA, strideB } from './walk';

const ADD: u32 = 0;
const SUB: u32 = 1;
const MUL: u32 = 2;

export function binary(task: u32): void {
  switch (arg(3)) {
    case ADD: return units(ADD, task);
    case SUB: return units(SUB, task);
    case MUL: return units(MUL, task);
    default: return units(3, task);
  }
}

// @ts-ignore: decorator
@inline
function units(operation: u32, task: u32): void {
  const last = arg(8) - 1;
  const length = extent(last);
  const stepA = strideA(last);
  const stepB = strideB(last);
  begin(task);
  do {
    const y: usize = arg(0) + ((row * length + start) << 2);
    const a: usize = arg(1) + ((rowA + start * stepA) << 2);
    const b: usize = arg(2) + ((rowB + start * stepB) << 2);
    run(operation, y, a, b, stepA, stepB, count);
  } while (next(1));
}

// @ts-ignore: decorator
@inline
function run(operation: u32, y: usize, a: usize, b: usize, stepA: u32, stepB: u32, left: u32): void {
  if (stepA == 1 && stepB == 1) {
    for (; left >= 4; left -= 4) {
      v128.store(y, apply(operation, v128.load(a), v128.load(b)));
      y += 16;
      a += 16;
      b += 16;
    }
    if (left > 0) storeLanes(y, apply(operation, v128.load(a), v128.load(b)), left);
  } else if (stepA == 1 && stepB == 0) {
    const fixed = v128.load32_splat(b);
    for (; left >= 4; left -= 4) {
      v128.store(y, apply(operation, v128.load(a), fixed));
      y += 16;
      a += 16;
    }
    if (left > 0) storeLanes(y, apply(operation, v128.load(a), fixed), left);
  } else if (stepA == 0 && stepB == 1) {
    const fixed = v128.load32_splat(a);
    for (; left >= 4; left -= 4) {
      v128.store(y, apply(operation, fixed, v128.load(b)));
      y += 16;
      b += 16;
    }
    if (left > 0) storeLanes(y, apply(operation, fixed, v128.load(b)), left);
  } else {
    for (; left > 0; left--) {
      storeLanes(y, apply(operation, v128.load32_splat(a), v128.load32_splat(b)), 1);
      y += 4;
      a += stepA << 2;
      b += stepB << 2;
    }
  }
}

// @ts-ignore: decorator
@inline
function apply(operation: u32, a: v128, b: v128): v128 {
  if (operation == ADD) return f32x4.add(a, b);
  if (operation == SUB) return f32x4.sub(a, b);
  if (operation == MUL) return f32x4.mul(a, b);
  return f32x4.div(a, b);
}
