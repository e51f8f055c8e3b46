/**
 * Walks two arrays in step over a shape of up to 8 axes: the common part of broadcasting and of copies between
 * layouts. The caller has merged neighbouring axes that both arrays pass through evenly.
 *
 * The last axis is cut into pieces; a unit of work is one piece of one row. Coordinates are found by division only
 * at the first unit of a task and where the next to last axis wraps around.
 *
 * Arguments: 8 axes, 9 units, 10 units per task, 11 pieces per row, then per axis extent, stride A, stride B.
 */

import { arg } from './job';

/** Elements of a row per unit: two such rows and their result stay in the first cache. */
const PIECE: u32 = 2048;

const AXES: u32 = 12;

/** The unit at hand: its elements from the start of its row, their number, the row, and where it starts in A and B. */
export let start: u32 = 0;
export let count: u32 = 0;
export let row: u32 = 0;
export let rowA: u32 = 0;
export let rowB: u32 = 0;

let unitsLeft: u32 = 0;
let piece: u32 = 0;
let middleIndex: u32 = 0;

// @ts-ignore: decorator
@inline
export function extent(axis: u32): u32 {
  return arg(AXES + axis * 3);
}

// @ts-ignore: decorator
@inline
export function strideA(axis: u32): u32 {
  return arg(AXES + axis * 3 + 1);
}

// @ts-ignore: decorator
@inline
export function strideB(axis: u32): u32 {
  return arg(AXES + axis * 3 + 2);
}

/** Goes to the first unit of a task. */
export function begin(task: u32): void {
  const first = task * arg(10);
  unitsLeft = min(arg(10), arg(9) - first);
  row = first / arg(11);
  piece = first - row * arg(11);
  const axes = arg(8);
  middleIndex = axes > 1 ? row % extent(axes - 2) : 0;
  rowA = rowOffset(row, false);
  rowB = rowOffset(row, true);
  locate();
}

/** Units from the one at hand on, if they are whole rows, that follow each other along the next to last axis; else 1. */
export function together(): u32 {
  return arg(11) == 1 && arg(8) > 1 ? min(unitsLeft, extent(arg(8) - 2) - middleIndex) : 1;
}

/** Goes on by `units`, 1 or as many as are together; false after the last. */
export function next(units: u32): bool {
  unitsLeft -= units;
  if (unitsLeft == 0) return false;
  if (++piece == arg(11)) {
    piece = 0;
    row += units;
    middleIndex += units;
    const middle = arg(8) - 2; // there is one, for there is another row
    if (middleIndex < extent(middle)) {
      rowA += units * strideA(middle);
      rowB += units * strideB(middle);
    } else {
      middleIndex = 0;
      rowA = rowOffset(row, false);
      rowB = rowOffset(row, true);
    }
  }
  locate();
  return true;
}

/** Element offset of row `index` in A (in B): rows count all axes but the last. */
export function rowOffset(index: u32, inB: bool): u32 {
  let offset: u32 = 0;
  for (let axis = i32(arg(8)) - 2; axis >= 0; axis--) {
    const quotient = index / extent(axis);
    offset += (index - quotient * extent(axis)) * (inB ? strideB(axis) : strideA(axis));
    index = quotient;
  }
  return offset;
}

function locate(): void {
  start = piece * PIECE;
  count = min(PIECE, extent(arg(8) - 1) - start);
}
