/**
 * Every rule against finite differences. With a fixed random r the loss is L = Σ r·f(x); for a random direction v
 *
 *     ⟨∂L/∂x, v⟩ ≈ (L(x + εv) − L(x − εv))/(2ε)
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import type { HostTensor, Shape } from '../../src/array/host.ts';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import { differentiate } from '../../src/autograd/differentiate.ts';
import type { Backend, Tensor } from '../../src/backend/backend.ts';
import { random } from '../backend/arrays.ts';

type F = (b: Backend, ...xs: Tensor[]) => Tensor;

interface Operation {
  readonly shapes: Shape[];
  readonly f: F;
  /** Keeps arguments where f is smooth. */
  readonly prepare?: (x: number) => number;
}

const extent = (max = 4): fc.Arbitrary<number> => fc.integer({ min: 1, max });
const shape = (min = 1, max = 4): fc.Arbitrary<number[]> => fc.array(extent(3), { minLength: min, maxLength: max });
/** Shapes that broadcast together: some extents of either are 1, and b may lack leading axes. */
const broadcast: fc.Arbitrary<Shape[]> = shape().chain((full) => {
  const some = fc.tuple(...full.map(() => fc.boolean()));
  return fc.tuple(some, some, fc.nat(full.length - 1)).map(([p, q, missing]) => [
    full.map((n, i) => (p[i] ? 1 : n)),
    full.map((n, i) => (q[i] ? 1 : n)).slice(missing),
  ]);
});
const awayFromZero = (x: number): number => (x < 0 ? x - 0.3 : x + 0.3);
const positive = (x: number): number => Math.abs(x) + 0.3;
const partExtents = fc.array(extent(), { minLength: 1, maxLength: 3 });
const kernel = fc.tuple(extent(3), fc.constantFrom(1, 3), fc.constantFrom(1, 3, 5));
const three = fc.tuple(extent(), extent(), extent());

const operations: Record<string, fc.Arbitrary<Operation>> = {
  add: broadcast.map((shapes) => ({ shapes, f: (b, x, y) => b.add(x, y) })),
  sub: broadcast.map((shapes) => ({ shapes, f: (b, x, y) => b.sub(x, y) })),
  mul: broadcast.map((shapes) => ({ shapes, f: (b, x, y) => b.mul(x, y) })),
  div: broadcast.map((shapes) => ({ shapes, f: (b, x, y) => b.div(x, y), prepare: awayFromZero })),
  affine: shape().map((s) => ({ shapes: [s], f: (b, x) => b.affine(x, -1.5, 2) })),
  silu: shape().map((s) => ({ shapes: [s], f: (b, x) => b.map('silu', x) })),
  gelu: shape().map((s) => ({ shapes: [s], f: (b, x) => b.map('gelu', x) })),
  relu: shape().map((s) => ({ shapes: [s], f: (b, x) => b.map('relu', x), prepare: awayFromZero })),
  sigmoid: shape().map((s) => ({ shapes: [s], f: (b, x) => b.map('sigmoid', x) })),
  exp: shape().map((s) => ({ shapes: [s], f: (b, x) => b.map('exp', x) })),
  log: shape().map((s) => ({ shapes: [s], f: (b, x) => b.map('log', x), prepare: positive })),
  step: shape().map((s) => ({ shapes: [s], f: (b, x) => b.map('step', x), prepare: awayFromZero })),
  softmax: shape().map((s) => ({ shapes: [s], f: (b, x) => b.softmax(x) })),
  sum: shape().chain((s) => fc.subarray(s.map((_, i) => i)).map((axes) => ({ shapes: [s], f: (b, x) => b.sum(x, axes) }))),
  rmsNorm: shape().map((s) => ({ shapes: [s, s.slice(-1)], f: (b, x, w) => b.rmsNorm(x, w, 0.1) })),
  l2Normalize: shape(2).chain((s) => fc.tuple(fc.nat(s.length - 1), fc.boolean()).map(([axis, gain]) => ({
    shapes: gain ? [s, [s[axis]]] : [s],
    f: (b, x, w) => b.l2Normalize(x, axis, w),
    prepare: awayFromZero,
  }))),
  reshape: shape().map((s) => ({ shapes: [s], f: (b, x) => b.reshape(x, s.toReversed()) })),
  permute: shape().chain((s) => {
    const axes = s.map((_, i) => i);
    const orders = fc.shuffledSubarray(axes, { minLength: axes.length });
    return orders.map((order) => ({ shapes: [s], f: (b, x) => b.permute(x, order) }));
  }),
  concat: shape().chain((s) => fc.tuple(fc.nat(s.length - 1), partExtents).map(([axis, parts]) => ({
    shapes: parts.map((n) => s.with(axis, n)),
    f: (b, ...xs) => b.concat(xs, axis),
  }))),
  slice: shape().chain((s) => fc.tuple(fc.nat(s.length - 1), fc.nat(3), fc.nat(3)).map(([axis, p, q]) => {
    const [start, end] = [Math.min(p, q, s[axis]), Math.min(Math.max(p, q), s[axis])];
    return { shapes: [s], f: (b, x) => b.slice(x, axis, start, end) };
  })),
  expand: shape().chain((s) => fc.tuple(...s.map(() => fc.boolean())).map((ones) => ({
    shapes: [s.map((n, i) => (ones[i] ? 1 : n))],
    f: (b, x) => b.expand(x, s),
  }))),
  take: fc.tuple(extent(), extent(), fc.array(fc.nat(20), { maxLength: 6 })).map(([n, c, rows]) => ({
    shapes: [[n, c]],
    f: (b, x) => b.take(x, Int32Array.from(rows, (row) => row % n)),
  })),
  'matmul, leading axes alike': fc.tuple(shape(0, 2), three, fc.boolean(), fc.boolean()).map(([lead, [m, k, n], transposeA, transposeB]) => ({
    shapes: [[...lead, ...(transposeA ? [k, m] : [m, k])], [...lead, ...(transposeB ? [n, k] : [k, n])], [n]],
    f: (b, x, y, bias) => b.matmul(x, y, { transposeA, transposeB, bias }),
  })),
  'matmul, one matrix for all': fc.tuple(shape(1, 2), three, fc.boolean(), fc.boolean()).map(([lead, [m, k, n], transposeA, transposeB]) => ({
    shapes: [[...lead, ...(transposeA ? [k, m] : [m, k])], transposeB ? [n, k] : [k, n]],
    f: (b, x, y) => b.matmul(x, y, { transposeA, transposeB }),
  })),
  conv3d: fc.tuple(three, three, kernel).map(([[batch, c, o], [t, h, w], [kt, kh, kw]]) => ({
    shapes: [[Math.min(batch, 2), c, t + kt - 1, h, w], [o, c, kt, kh, kw], [o]],
    f: (b, x, weight, bias) => b.conv3d(x, weight, bias),
  })),
  resize: fc.tuple(three, three, fc.constantFrom('nearest' as const, 'area' as const, 'trilinear' as const)).map(([from, to, mode]) => ({
    shapes: [[1, 2, ...from]],
    f: (b, x) => b.resize(x, to, mode),
  })),
  rotary: fc.tuple(shape(0, 2), extent(), extent(3)).map(([lead, length, pairs]) => ({
    shapes: [[...lead, length, 2 * pairs]],
    f: (b, x) => b.rotary(x, b.upload(random([2, length, pairs], 9))),
  })),
};

describe('gradients', () => {
  it.each(Object.entries(operations))('of %s', async (_, arbitrary) => {
    await fc.assert(fc.asyncProperty(arbitrary, checkGradients), { numRuns: 25 });
  });
});

async function checkGradients({ shapes, f, prepare = (x) => x }: Operation): Promise<void> {
  const b = referenceBackend();
  const hosts = shapes.map((s, i) => {
    const host = random(s, i + 3);
    return hostTensor(Float32Array.from(host.data, prepare), s);
  });
  const weighted = (s: Backend, xs: Tensor[]): Tensor => {
    const y = f(s, ...xs);
    const product = s.mul(y, s.upload(random(y.shape, 7)));
    return s.sum(product, y.shape.map((_, axis) => axis));
  };
  const loss = async (at: HostTensor[]): Promise<number> => {
    // Summed on the host, in doubles: the difference of two losses must not drown in rounding.
    const y = f(b, ...at.map((x) => b.upload(x)));
    const r = random(y.shape, 7);
    return rowMajor(await b.read(y)).reduce((sum, value, i) => sum + value * r.data[i], 0);
  };
  const xs = hosts.map((host) => b.upload(host));
  const gradients = await differentiate(b, xs, async (s) => weighted(s, xs));
  for (const [i, x] of xs.entries()) {
    const gradient = await b.read(gradients.get(x)!);
    expect(gradient.shape).toEqual(x.shape);
    const direction = random(x.shape, 11 + i);
    const epsilon = 2 ** -8;
    const moved = (sign: number): HostTensor[] => hosts.map((host, j) => {
      if (j !== i) return host;
      return hostTensor(Float32Array.from(host.data, (value, n) => value + sign * epsilon * direction.data[n]), x.shape);
    });
    // The step that was really taken, after rounding to float32.
    const [up, down] = [moved(1), moved(-1)];
    const slope = up[i].data.reduce((sum, value, n) => sum + gradient.data[n] * (value - down[i].data[n]), 0);
    const difference = (await loss(up)) - (await loss(down));
    const size = gradient.data.reduce((sum, value) => sum + Math.abs(value), 0);
    expect(Math.abs(slope - difference)).toBeLessThan(2e-3 * epsilon * (1 + size));
  }
}
