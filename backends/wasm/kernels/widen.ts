/** Widens stored matrices to float32: bf16 by shifting, f16 by half.ts, blocks of quantized weights by widen-blocks.ts. */

import { floats } from './half';
import { arg } from './job';
import { Q4_0, Q4_K, Q8_0, widenQ4_0, widenQ4_K, widenQ8_0 } from './widen-blocks';

/** Types of stored matrices: as in ../device.ts. */
export const FLOAT: u32 = 0;
export const HALF: u32 = 1;

/** Bytes of so many elements of a type, whole blocks of it. */
// @ts-ignore: decorator
@inline
export function storedBytes(elements: usize, type: u32): usize {
  if (type == Q8_0) return (elements >> 5) * 34;
  if (type == Q4_0) return (elements >> 5) * 18;
  if (type == Q4_K) return (elements >> 8) * 144;
  return elements << (type == FLOAT ? 2 : 1);
}

/** Where a row begins: of blocks, its first unit in the strip of its eight rows. */
// @ts-ignore: decorator
@inline
export function rowAt(matrix: usize, row: usize, width: u32, type: u32): usize {
  const stride = storedBytes(width, type);
  return type < Q8_0 ? matrix + row * stride : matrix + (row & ~7) * stride + ((row & 7) << 1);
}

/** 16 bits. Units of 64 elements. Arguments: 0 y, 1 x, 2 units, 3 units per task, 4 elements, 5 type. */
export function widen(task: u32): void {
  const first = task * arg(3) * 64;
  const count = min(arg(3) * 64, arg(4) - first);
  widenRow(arg(0) + (first << 2), arg(1) + storedBytes(first, arg(5)), count, arg(5));
}

/** Writes whole vectors: up to three elements beyond the row. Of blocks, whole ones. */
export function widenRow(to: usize, from: usize, count: u32, type: u32): void {
  if (type == Q8_0) widenQ8_0(to, from, count);
  else if (type == Q4_0) widenQ4_0(to, from, count);
  else if (type == Q4_K) widenQ4_K(to, from, count);
  else widenHalves(to, from, count, type);
}

function widenHalves(to: usize, from: usize, count: u32, type: u32): void {
  const end: usize = to + (count << 2);
  if (type != HALF) {
    for (; to < end; to += 16) {
      v128.store(to, i32x4.shl(i32x4.extend_low_i16x8_u(v128.load64_zero(from)), 16));
      from += 8;
    }
    return;
  }
  for (; to < end; to += 16) {
    v128.store(to, floats(i32x4.extend_low_i16x8_u(v128.load64_zero(from))));
    from += 8;
  }
}
