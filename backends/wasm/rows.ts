/** Operations along one axis: softmax, norms, rotation of pairs, sums. */

import { sizeOf } from '../../src/array/host.ts';
import type { Shape } from '../../src/array/host.ts';
import type { Device, Kernel } from './device.ts';
import { real } from './device.ts';
import { TASK } from './elementwise.ts';
import type { View } from './strides.ts';
import { around } from './strides.ts';

/** STRIP of kernels/channel-norm.ts. */
const STRIP = 256;

export function softmax(d: Device, y: View, x: View): void {
  const length = x.shape.at(-1)!;
  byRows(d, 'softmax', y, x, length, 5, [length]);
}

export function rmsNorm(d: Device, y: View, x: View, weight: View, epsilon: number): void {
  const length = x.shape.at(-1)!;
  byRows(d, 'norm', y, x, length, 0.7, [length, weight.address, real(epsilon), 0]);
}

export function rotary(d: Device, y: View, x: View, rope: View): void {
  const [length, width] = [x.shape.at(-2)!, x.shape.at(-1)!];
  byRows(d, 'rotary', y, x, width, 1, [width / 2, length, rope.address]);
}

/** @param gain undefined for 1. */
export function l2Normalize(d: Device, y: View, x: View, axis: number, gain: View | undefined): void {
  const [outer, extent, inner] = around(x.shape, axis);
  const weight = gain?.address ?? 0;
  if (inner === 1) {
    byRows(d, 'norm', y, x, extent, 0.7, [extent, weight, 0, 1]);
    return;
  }
  if (sizeOf(x.shape) === 0) return;
  const units = outer * Math.ceil(inner / STRIP);
  const perTask = Math.ceil(TASK / (Math.min(inner, STRIP) * extent));
  d.withScratch(d.threadCount * STRIP * 4, (scratch) => {
    const args = [y.address, x.address, units, perTask, extent, inner, weight, scratch];
    d.run('channelNorm', Math.ceil(units / perTask), sizeOf(x.shape), args);
  });
}

/** x̄ of l2Normalize along an axis. @param gain undefined for 1. */
export function l2NormalizeGradient(d: Device, to: View, x: View, g: View, axis: number, gain: View | undefined): void {
  normGradient(d, to.address, x, g, axis, gain?.address ?? 0, false);
}

/** So many strips has an axis, each with a share of the gain's gradient. */
export function stripsAround(shape: Shape, axis: number): number {
  const [outer, , inner] = around(shape, axis);
  return outer * Math.ceil(inner / STRIP);
}

/** The shares of the gain's gradient, (strips, n). */
export function l2NormalizeGainShares(d: Device, to: View, x: View, g: View, axis: number): void {
  normGradient(d, to.address, x, g, axis, 0, true);
}

function normGradient(d: Device, to: number, x: View, g: View, axis: number, gain: number, ofGain: boolean): void {
  if (sizeOf(x.shape) === 0) return;
  const [, extent, inner] = around(x.shape, axis);
  const units = stripsAround(x.shape, axis);
  const perTask = Math.ceil(TASK / (Math.min(inner, STRIP) * extent));
  d.withScratch(d.threadCount * STRIP * 8, (scratch) => {
    const args = [to, x.address, g.address, units, perTask, extent, inner, gain, scratch, ofGain ? 1 : 0];
    d.run('channelNormGradient', Math.ceil(units / perTask), 2 * sizeOf(x.shape), args);
  });
}

/** Sums (outer, extent, inner) along the middle axis. */
export function sumAxis(d: Device, y: number, x: number, outer: number, extent: number, inner: number): void {
  const units = outer * Math.ceil(inner / 4);
  const perTask = Math.max(Math.ceil(TASK / (Math.min(inner, 4) * Math.max(extent, 1))), 1);
  d.run('sum', Math.ceil(units / perTask), outer * extent * inner, [y, x, units, perTask, extent, inner]);
}

/** @param cost nanoseconds per element, roughly. */
function byRows(d: Device, kernel: Kernel, y: View, x: View, width: number, cost: number, args: readonly number[]): void {
  const size = sizeOf(x.shape);
  if (size === 0) return;
  const rows = size / width;
  const perTask = Math.ceil(TASK / 4 / width);
  d.run(kernel, Math.ceil(rows / perTask), size * cost, [y.address, x.address, rows, perTask, ...args]);
}
