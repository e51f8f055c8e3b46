/** Operations on every element: functions of one variable, and of two with broadcasting. */

import type { Shape } from '../../src/array/host.ts';
import { sameShape, sizeOf } from '../../src/array/host.ts';
import type { MapFunction } from '../../src/backend/backend.ts';
import type { Device, Format, Kernel } from './device.ts';
import { FORMATS, real } from './device.ts';
import type { Axis, View } from './strides.ts';
import { broadcastStrides } from '../../src/backend/axes.ts';
import { mergeAxes } from './strides.ts';

/** In the order of kernels/binary.ts and unary.ts. */
const BINARY = { add: 0, sub: 1, mul: 2, div: 3 } as const;
const UNARY: Readonly<Record<MapFunction, number>> = { silu: 1, gelu: 2, relu: 3, sigmoid: 4, exp: 5, log: 6, step: 7 };

export type BinaryOperation = keyof typeof BINARY;

/** Elements that a task does: enough to hide what taking it costs. */
export const TASK = 4096;
/** PIECE of kernels/walk.ts. */
const PIECE = 2048;

/** Widens values of 16 bits, all of them. */
export function widen(d: Device, y: number, x: number, elements: number, format: Format): void {
  const units = Math.ceil(elements / 64);
  const perTask = Math.ceil(TASK / 64);
  const args = [y, x, units, perTask, elements, FORMATS.indexOf(format)];
  d.run('widen', Math.ceil(units / perTask), elements * 0.5, args);
}

export function affine(d: Device, y: View, x: View, scale: number, shift: number): void {
  unary(d, y, x, 0, 0.5, real(scale), real(shift));
}

export function map(d: Device, y: View, x: View, f: MapFunction): void {
  unary(d, y, x, UNARY[f], f === 'relu' || f === 'step' ? 0.5 : 4, 0, 0);
}

function unary(d: Device, y: View, x: View, f: number, cost: number, scale: number, shift: number): void {
  const size = sizeOf(x.shape);
  d.run('unary', Math.ceil(size / TASK), size * cost, [y.address, x.address, size, TASK, f, scale, shift]);
}

/** x̄ = g · f′(x). */
export function mapGradient(d: Device, to: View, x: View, g: View, f: MapFunction): void {
  const size = sizeOf(x.shape);
  d.run('unaryGradient', Math.ceil(size / TASK), size * 4, [to.address, x.address, g.address, size, TASK, UNARY[f]]);
}

/** y has the shape that a and b broadcast to. */
export function binary(d: Device, operation: BinaryOperation, y: View, a: View, b: View): void {
  const axes = sameShape(a.shape, b.shape)
    ? [{ extent: sizeOf(y.shape), a: 1, b: 1 }]
    : mergeAxes(y.shape, broadcastStrides(a.shape, y.shape), broadcastStrides(b.shape, y.shape));
  walk(d, 'binary', axes, [y.address, a.address, b.address, BINARY[operation]]);
}

/** Copies between strided layouts. */
export function copy(
  d: Device, to: number, from: number, shape: Shape, fromStrides: readonly number[], toStrides: readonly number[],
): void {
  const axes = mergeAxes(shape, fromStrides, toStrides);
  // The order of the rows is free: the kernel goes along the next to last axis without dividing, so the longest is there.
  const middle = axes.length - 2;
  for (let axis = 0; axis < middle; axis++) {
    if (axes[axis].extent > axes[middle].extent) [axes[axis], axes[middle]] = [axes[middle], axes[axis]];
  }
  walk(d, 'copy', axes, [to, from, 0, 0]);
}

/** The same of rows of `width` numbers, so many numbers apart: most copies are of this kind. */
export function copyRows(
  d: Device, to: number, from: number, rows: number, width: number, fromStride: number, toStride: number,
): void {
  run(d, 'copy', rows * width, width, [to, from, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, rows, fromStride, toStride, width, 1, 1]);
}

/** Runs a kernel that rests on kernels/walk.ts; `args` are its own four. */
export function walk(d: Device, kernel: Kernel, axes: readonly Axis[], args: readonly [number, number, number, number]): void {
  const list = [...args, 0, 0, 0, 0, axes.length, 0, 0, 0];
  let size = 1;
  for (const { extent, a, b } of axes) {
    list.push(extent, a, b);
    size *= extent;
  }
  run(d, kernel, size, axes[axes.length - 1].extent, list);
}

/** Cuts rows of `length` into units and these into tasks: arguments 9 to 11. */
function run(d: Device, kernel: Kernel, size: number, length: number, args: number[]): void {
  if (size === 0) return;
  const pieces = Math.ceil(length / PIECE);
  const units = (size / length) * pieces;
  const perTask = Math.ceil(TASK / Math.min(length, PIECE));
  [args[9], args[10], args[11]] = [units, perTask, pieces];
  d.run(kernel, Math.ceil(units / perTask), size * 0.5 + units * 5, args);
}
