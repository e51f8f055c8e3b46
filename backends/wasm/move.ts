/** Operations that move values: permutations, slices, concatenations, repeated axes, rows by number. */

import type { Shape } from '../../src/array/host.ts';
import { sizeOf } from '../../src/array/host.ts';
import type { Device, Format } from './device.ts';
import { FORMATS } from './device.ts';
import { TASK, copy, copyRows } from './elementwise.ts';
import type { Axis, View } from './strides.ts';
import { broadcastStrides, stridesOf } from '../../src/backend/axes.ts';
import { around, mergeAxes } from './strides.ts';

/** Neighbours along the axis that is last in x, per unit: a cache line, or more where the last axis of y is short. */
const BLOCK = { line: 16, row: 256 };
const SHORT = 16;

export function permute(d: Device, y: View, x: View, axes: readonly number[]): void {
  const from = stridesOf(x.shape);
  const strides = axes.map((axis) => from[axis]); // of x, along the axes of y
  const merged = mergeAxes(y.shape, strides, stridesOf(y.shape));
  const j = merged[merged.length - 1];
  const i = merged.find((axis) => axis.a === 1);
  if (i === undefined || i === j) copy(d, y.address, x.address, y.shape, strides, stridesOf(y.shape));
  else transpose(d, y, x, i, j, merged.filter((axis) => axis !== i && axis !== j));
}

/** `i` is the axis with stride 1 in x, `j` the one with stride 1 in y. */
function transpose(d: Device, y: View, x: View, i: Axis, j: Axis, others: readonly Axis[]): void {
  const size = sizeOf(y.shape);
  if (size === 0) return;
  const block = j.extent < SHORT ? BLOCK.row : BLOCK.line;
  const units = (size / (i.extent * j.extent)) * Math.ceil(i.extent / block);
  const perTask = Math.ceil(TASK / (Math.min(i.extent, block) * j.extent));
  const list = [y.address, x.address, units, perTask, i.extent, j.extent, i.b, j.a, others.length + 1, block, 0, 0];
  for (const { extent, a, b } of others) list.push(extent, a, b);
  d.run('transpose', Math.ceil(units / perTask), size, list);
}

export function slice(d: Device, y: View, x: View, axis: number, start: number): void {
  const [outer, extent, inner] = around(x.shape, axis);
  const width = y.shape[axis] * inner;
  copyRows(d, y.address, x.address + start * inner * 4, outer, width, extent * inner, width);
}

export function concat(d: Device, y: View, xs: readonly View[], axis: number): void {
  const [outer, extent, inner] = around(y.shape, axis);
  let done = 0;
  for (const x of xs) {
    const width = x.shape[axis] * inner;
    copyRows(d, y.address + done * inner * 4, x.address, outer, width, width, extent * inner);
    done += x.shape[axis];
  }
}

export function expand(d: Device, y: View, x: View): void {
  copy(d, y.address, x.address, y.shape, broadcastStrides(x.shape, y.shape), stridesOf(y.shape));
}

/** Rows of `x`, which lies in `format` but panels. */
export function take(d: Device, y: View, x: View, rows: Int32Array, format: Format): void {
  const width = y.shape[1];
  if (rows.length === 0 || width === 0) return;
  d.withTable(rows, (numbers) => takeRows(d, y.address, x.address, [rows.length, width], format, numbers));
}

/** @param numbers the address of so many, or 0 for all rows. */
export function takeRows(d: Device, y: number, x: number, [rows, width]: Shape, format: Format, numbers: number): void {
  const perTask = Math.ceil(TASK / width);
  const args = [y, x, rows, perTask, width, numbers, FORMATS.indexOf(format)];
  d.run('take', Math.ceil(rows / perTask), rows * width, args);
}
