/** Arrays for tests: made by formula or at random, read by index, compared. */

import { expect } from 'vitest';
import type { HostTensor, Shape } from '../../src/array/host.ts';
import { hostTensor, rowMajor, sizeOf } from '../../src/array/host.ts';

/** The tensor whose element at every index is f(...index). */
export function build(shape: Shape, f: (...index: number[]) => number): HostTensor {
  const values = new Float32Array(sizeOf(shape));
  for (let flat = 0; flat < values.length; flat++) values[flat] = f(...indexOf(flat, shape));
  return hostTensor(values, shape);
}

/** Row-major position → one index an axis. */
function indexOf(flat: number, shape: Shape): number[] {
  const index: number[] = [];
  for (const extent of shape.toReversed()) {
    index.unshift(flat % extent);
    flat = Math.floor(flat / extent);
  }
  return index;
}

/** Values between −2 and 2, the same for the same seed and shape. */
export function random(shape: Shape, seed = 1): HostTensor {
  let state = (seed * 0x9e3779b9) >>> 0;
  return build(shape, () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 13), 0x297a2d39);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 30 - 2;
  });
}

/** |got − want| ≤ tolerance · (1 + |want|) everywhere, and equal shapes. */
export function expectClose(got: HostTensor, want: HostTensor, tolerance: number): void {
  expectWithin(got, want, (value) => tolerance * (1 + Math.abs(value)));
}

function expectWithin(got: HostTensor, want: HostTensor, distance: (want: number) => number): void {
  expect(got.shape).toEqual(want.shape);
  const [a, b] = [rowMajor(got), rowMajor(want)];
  const wrong = a.findIndex((value, i) => !(Math.abs(value - b[i]) <= distance(b[i])));
  if (wrong >= 0) {
    const where = `at [${indexOf(wrong, want.shape).join(', ')}] of [${want.shape.join(', ')}]`;
    expect.fail(`${where}: got ${a[wrong]}, want ${b[wrong]}`);
  }
}

/** The tensor of absolute values. */
export function absolute(x: HostTensor): HostTensor {
  return hostTensor(rowMajor(x).map(Math.abs), x.shape);
}

/**
 * |got − want| ≤ 2e-6 · the largest of `sums`, those of the absolute products, and equal shapes: about 32 roundings.
 * Fast ways of convolution err in proportion to what a whole tile holds, not to each of its outputs.
 */
export function expectConvolved(got: HostTensor, want: HostTensor, sums: HostTensor): void {
  const largest = rowMajor(sums).reduce((most, sum) => Math.max(most, sum), 0);
  const scaled = (x: HostTensor): HostTensor => hostTensor(rowMajor(x).map((value) => value / (largest || 1)), x.shape);
  expectWithin(scaled(got), scaled(want), () => 2e-6);
}
