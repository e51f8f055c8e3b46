/** The arguments of every kernel, from shapes: one function an operation of the interface. */

import type { Shape } from '../../src/array/host.ts';
import { sizeOf } from '../../src/array/host.ts';
import { UnsupportedError } from '../../src/errors.ts';
import type { MatmulOptions } from '../../src/backend/backend.ts';
import type { Axis } from '../../src/backend/axes.ts';
import type { Binary, View as ViewOf } from '../../src/backend/table-backend.ts';
import { around, broadcastStrides, mergeAxes, stridesOf, unrolled } from '../../src/backend/axes.ts';
import type { Storage } from './device.ts';
import {
  BINARY, CONV3D, CONV3D_WEIGHT, COPY, JOIN, L2_NORMALIZE, MATMUL, PAD, RESAMPLE, RMS_NORM, ROTARY, ROW_EXPONENTIALS,
  ROW_MAGNITUDE, ROW_MAX, ROW_NORM, ROW_RMS, SOFTMAX, SUM, TAKE,
} from './kernels.generated.ts';
import { MOST_AXES } from './kernels/copy.ts';
import { BINARIES, MOST_BROADCAST_AXES } from './kernels/elementwise.ts';
import type { Launcher } from './launcher.ts';

/** A tensor on the device. */
export type View = ViewOf<Storage>;

export function matmul(d: Launcher, shape: Shape, a: View, b: View, options: MatmulOptions, bias: View): Storage {
  const [m, n] = shape.slice(-2) as [number, number];
  const k = a.shape.at(options.transposeA === true ? -2 : -1)!;
  const [am, ak] = options.transposeA === true ? [1, m] : [k, 1];
  const [bk, bn] = options.transposeB === true ? [1, k] : [n, 1];
  const strides = [m * k, am, ak, b.shape.length > 2 ? k * n : 0, bk, bn, options.bias === undefined ? 0 : 1];
  return d.run(MATMUL, shape, [a.storage, b.storage, bias.storage], [m, k, n, ...strides]);
}

export function conv3d(d: Launcher, shape: Shape, x: View, weight: View, bias: View, biased: boolean): Storage {
  const [, outputs, frames, height, width] = shape;
  const [, channels, kt, kh, kw] = weight.shape;
  const padded = kh === 1 && kw === 1 ? d.share(x.storage) : pad(d, x, (kh - 1) / 2, (kw - 1) / 2);
  const numbers = [outputs, frames, height, width, channels, x.shape[2], kt, kh, kw, biased ? 1 : 0];
  return releasing(d, [padded], d.run(CONV3D, shape, [padded, weight.storage, bias.storage], numbers));
}

function pad(d: Launcher, x: View, down: number, right: number): Storage {
  const [height, width] = x.shape.slice(-2);
  const [rows, columns] = [height + 2 * down, width + 2 * right];
  return d.run(PAD, [...x.shape.slice(0, -2), rows, columns], [x.storage], [height, width, rows, columns, down, right]);
}

export function conv3dWeightGradient(d: Launcher, shape: Shape, x: View, gradient: View): Storage {
  const [batch, outputs, frames, height, width] = gradient.shape;
  const [, channels, kt, kh, kw] = shape;
  const numbers = [batch, outputs, frames, height, width, channels, x.shape[2], kt, kh, kw, (kh - 1) / 2, (kw - 1) / 2];
  return d.run(CONV3D_WEIGHT, shape, [x.storage, gradient.storage], numbers);
}

export function softmax(d: Launcher, x: View): Storage {
  const extent = x.shape.at(-1)!;
  const rows = x.shape.slice(0, -1);
  const top = d.run(ROW_MAX, rows, [x.storage], [extent]);
  const sum = d.run(ROW_EXPONENTIALS, rows, [x.storage, top], [extent]);
  return releasing(d, [top, sum], d.run(SOFTMAX, x.shape, [x.storage, top, sum], [extent]));
}

export function rmsNorm(d: Launcher, x: View, weight: View, epsilon: number): Storage {
  const extent = x.shape.at(-1)!;
  const scale = d.run(ROW_RMS, x.shape.slice(0, -1), [x.storage], [extent, epsilon]);
  return releasing(d, [scale], d.run(RMS_NORM, x.shape, [x.storage, scale, weight.storage], [extent]));
}

export function l2Normalize(d: Launcher, x: View, axis: number, gain: View, gained: boolean): Storage {
  const [, extent, inner] = around(x.shape, axis);
  const rows = x.shape.with(axis, 1);
  const top = d.run(ROW_MAGNITUDE, rows, [x.storage], [extent, inner]);
  const norm = d.run(ROW_NORM, rows, [x.storage, top], [extent, inner]);
  const y = d.run(L2_NORMALIZE, x.shape, [x.storage, norm, gain.storage], [extent, inner, gained ? 1 : 0]);
  return releasing(d, [top, norm], y);
}

export function sumAxis(d: Launcher, x: View, axis: number): Storage {
  const [, extent, inner] = around(x.shape, axis);
  return d.run(SUM, x.shape.with(axis, 1), [x.storage], [extent, inner]);
}

/** What broadcasts over more axes than a launch walks is written out first. */
export function binary(d: Launcher, operation: Binary, shape: Shape, a: View, b: View): Storage {
  const strides = [broadcastStrides(a.shape, shape), broadcastStrides(b.shape, shape)] as const;
  const axes = mergeAxes(shape, ...strides);
  if (axes.length > MOST_BROADCAST_AXES) {
    const [left, right] = [a, b].map((x) => ({ shape, storage: expand(d, shape, x) }));
    return releasing(d, [left.storage, right.storage], binary(d, operation, shape, left, right));
  }
  return d.run(BINARY, shape, [a.storage, b.storage], [BINARIES[operation], ...unrolled(axes, MOST_BROADCAST_AXES, 2)]);
}

export function permute(d: Launcher, shape: Shape, x: View, axes: readonly number[]): Storage {
  const strides = stridesOf(x.shape);
  return copy(d, shape, x, 0, axes.map((axis) => strides[axis]));
}

export function slice(d: Launcher, shape: Shape, x: View, axis: number, start: number): Storage {
  const strides = stridesOf(x.shape);
  return copy(d, shape, x, start * strides[axis], strides);
}

export function expand(d: Launcher, shape: Shape, x: View): Storage {
  return copy(d, shape, x, 0, broadcastStrides(x.shape, shape));
}

function copy(d: Launcher, shape: Shape, x: View, start: number, strides: readonly number[]): Storage {
  const axes: readonly Axis[] = mergeAxes(shape, strides);
  if (axes.length > MOST_AXES) throw new UnsupportedError(`gpujs moves at most ${MOST_AXES} axes at once, not ${axes.length}`);
  return d.run(COPY, shape, [x.storage], [start, axes.length, ...unrolled(axes, MOST_AXES, 1)]);
}

/** Two by two. */
export function concat(d: Launcher, xs: readonly View[], axis: number): Storage {
  let joined: View = { ...xs[0], storage: d.share(xs[0].storage) };
  for (const x of xs.slice(1)) {
    const shape = joined.shape.with(axis, joined.shape[axis] + x.shape[axis]);
    const [widthA, widthB] = [joined, x].map((part) => sizeOf(part.shape.slice(axis)));
    const storage = d.run(JOIN, shape, [joined.storage, x.storage], [widthA, widthB]);
    joined = { shape, storage: releasing(d, [joined.storage], storage) };
  }
  return joined.storage;
}

export function take(d: Launcher, shape: Shape, x: View, rows: Int32Array): Storage {
  const numbers = d.upload(Float32Array.from(rows), [rows.length]);
  return releasing(d, [numbers], d.run(TAKE, shape, [x.storage, numbers], [shape[1]]));
}

/** Along one axis, by a table of windows on the device (windows.ts). */
export function resample(d: Launcher, shape: Shape, x: View, axis: number, table: Storage, columns: number): Storage {
  const [, inputs, inner] = around(x.shape, axis);
  return d.run(RESAMPLE, shape, [x.storage, table], [inputs, shape[axis], inner, columns]);
}

export function rotary(d: Launcher, x: View, rope: View): Storage {
  return d.run(ROTARY, x.shape, [x.storage, rope.storage], [Math.max(sizeOf(rope.shape) / 2, 1)]);
}

function releasing(d: Launcher, temporary: readonly Storage[], result: Storage): Storage {
  for (const storage of temporary) d.release(storage);
  return result;
}
