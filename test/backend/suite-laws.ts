/** Laws between operations, on random shapes: what moves data loses nothing, and sums and turns keep what they must. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../../src/array/host.ts';
import { rowMajor } from '../../src/array/host.ts';
import { build, expectClose, random } from './arrays.ts';
import { rowSums } from './definitions.ts';
import type { Subject } from './suite.ts';

const extents = (rank: { min: number; max: number }): fc.Arbitrary<number[]> => {
  return fc.array(fc.integer({ min: 1, max: 5 }), { minLength: rank.min, maxLength: rank.max });
};
const shapes = extents({ min: 1, max: 5 });
const runs = { numRuns: 30 };

export function describeLaws({ backend, tolerance }: Subject): void {
  const values = (x: HostTensor): number[] => [...rowMajor(x)];

  describe('moving data', () => {
    it('permute puts axis axes[i] at i, and its inverse undoes it', async () => {
      const cases = shapes.chain((shape) => {
        const axes = shape.map((_, axis) => axis);
        return fc.tuple(fc.constant(shape), fc.shuffledSubarray(axes, { minLength: axes.length }));
      });
      await fc.assert(
        fc.asyncProperty(cases, async ([shape, axes]) => {
          const [b, x] = [backend(), random(shape)];
          const there = b.permute(b.upload(x), axes);
          const moved = await b.read(there);
          expectClose(moved, build(axes.map((axis) => shape[axis]), (...index) => {
            return x.get(...shape.map((_, axis) => index[axes.indexOf(axis)]));
          }), 0);
          const back = b.permute(there, axes.map((_, axis) => axes.indexOf(axis)));
          expectClose(await b.read(back), x, 0);
        }),
        runs,
      );
    });

    it('slices of a concatenation are its parts', async () => {
      const cases = shapes.chain((shape) => {
        return fc.record({
          shape: fc.constant(shape),
          axis: fc.nat(shape.length - 1),
          parts: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 }),
        });
      });
      await fc.assert(
        fc.asyncProperty(cases, async ({ shape, axis, parts }) => {
          const b = backend();
          const hosts = parts.map((extent, i) => random(shape.with(axis, extent), i + 1));
          const joined = b.concat(hosts.map((host) => b.upload(host)), axis);
          let start = 0;
          for (const [i, extent] of parts.entries()) {
            expectClose(await b.read(b.slice(joined, axis, start, start + extent)), hosts[i], 0);
            start += extent;
          }
          expect(joined.shape[axis]).toBe(start);
        }),
        runs,
      );
    });

    it('slice reads from start to end', async () => {
      const [b, x] = [backend(), random([4, 5, 6])];
      const got = await b.read(b.slice(b.upload(x), 1, 2, 4));
      expectClose(got, build([4, 2, 6], (i, j, k) => x.get(i, j + 2, k)), 0);
    });

    it('reshape keeps the order of the values', async () => {
      const [b, x] = [backend(), random([2, 3, 4])];
      const flat = b.reshape(b.upload(x), [24]);
      expect(values(await b.read(flat))).toEqual(values(x));
      const again = await b.read(b.reshape(flat, [4, 1, 6]));
      expect(again.shape).toEqual([4, 1, 6]);
      expect(values(again)).toEqual(values(x));
    });

    it('expand is what adding zeros of the larger shape does', async () => {
      const cases = shapes.chain((shape) => {
        return fc.tuple(fc.constant(shape), fc.tuple(...shape.map(() => fc.boolean())));
      });
      await fc.assert(
        fc.asyncProperty(cases, async ([shape, ones]) => {
          const b = backend();
          const x = b.upload(random(shape.map((extent, axis) => (ones[axis] ? 1 : extent))));
          const added = b.add(x, b.upload(build(shape, () => 0)));
          expectClose(await b.read(b.expand(x, shape)), await b.read(added), 0);
        }),
        runs,
      );
    });

    it('take reads rows in any order, also twice', async () => {
      const [b, x] = [backend(), random([4, 3])];
      const rows = [3, 0, 0, 2];
      const got = await b.read(b.take(b.upload(x), Int32Array.from(rows)));
      expectClose(got, build([4, 3], (i, j) => x.get(rows[i], j)), 0);
    });
  });

  describe('sums', () => {
    it('sum over axes is the sum over rows once these axes are brought to the end', async () => {
      const cases = shapes.chain((shape) => fc.tuple(fc.constant(shape), fc.subarray(shape.map((_, axis) => axis))));
      await fc.assert(
        fc.asyncProperty(cases, async ([shape, axes]) => {
          const [b, x] = [backend(), random(shape)];
          const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
          const rows = b.permute(b.upload(x), [...kept, ...axes]);
          const count = kept.reduce((n, axis) => n * shape[axis], 1);
          const matrix = await b.read(b.reshape(rows, [count, x.data.length / count]));
          const got = await b.read(b.sum(b.upload(x), axes));
          expect(got.shape).toEqual(shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent)));
          expectClose(await b.read(b.reshape(b.upload(got), [count, 1])), rowSums(matrix), tolerance);
        }),
        runs,
      );
    });

    it('rows of a softmax sum to 1 and do not change with a constant added', async () => {
      await fc.assert(
        fc.asyncProperty(extents({ min: 1, max: 4 }), fc.integer({ min: -50, max: 50 }), async (shape, constant) => {
          const b = backend();
          const x = b.upload(random(shape));
          const y = b.softmax(x);
          const sums = await b.read(b.sum(y, [shape.length - 1]));
          expectClose(sums, build(sums.shape, () => 1), tolerance);
          expectClose(await b.read(b.softmax(b.affine(x, 1, constant))), await b.read(y), Math.max(tolerance, 2e-5));
        }),
        runs,
      );
    });

    it('(A B)ᵀ = Bᵀ Aᵀ', async () => {
      const extent = fc.integer({ min: 1, max: 20 });
      await fc.assert(
        fc.asyncProperty(extent, extent, extent, async (m, k, n) => {
          const b = backend();
          const [p, q] = [b.upload(random([m, k], 1)), b.upload(random([k, n], 2))];
          const product = b.permute(b.matmul(p, q), [1, 0]);
          const swapped = b.matmul(q, p, { transposeA: true, transposeB: true });
          expectClose(await b.read(swapped), await b.read(product), tolerance);
        }),
        runs,
      );
    });
  });

  describe('geometry', () => {
    const three = (n: fc.Arbitrary<number>): fc.Arbitrary<[number, number, number]> => fc.tuple(n, n, n);
    const factors = three(fc.integer({ min: 1, max: 3 }));
    const size = three(fc.integer({ min: 1, max: 4 }));

    it('area by whole factors keeps the mean, and gives back what nearest has repeated', async () => {
      await fc.assert(
        fc.asyncProperty(size, factors, async (small, factor) => {
          const b = backend();
          const large = [small[0] * factor[0], small[1] * factor[1], small[2] * factor[2]] as const;
          const x = random([1, 2, ...large]);
          const mean = (y: HostTensor): number => values(y).reduce((sum, value) => sum + value, 0) / y.data.length;
          const shrunk = await b.read(b.resize(b.upload(x), small, 'area'));
          expect(Math.abs(mean(shrunk) - mean(x))).toBeLessThan(1e-5);
          const repeated = b.resize(b.upload(shrunk), large, 'nearest');
          expectClose(await b.read(b.resize(repeated, small, 'area')), shrunk, tolerance);
        }),
        runs,
      );
    });

    it('every mode keeps a constant constant and its own size unchanged', async () => {
      await fc.assert(
        fc.asyncProperty(size, size, fc.constantFrom('nearest', 'area', 'trilinear'), async (from, to, mode) => {
          const b = backend();
          const flat = b.upload(build([1, 1, ...from], () => 0.7));
          expectClose(await b.read(b.resize(flat, to, mode)), build([1, 1, ...to], () => 0.7), tolerance);
          const x = random([1, 1, ...from]);
          expectClose(await b.read(b.resize(b.upload(x), from, mode)), x, tolerance);
        }),
        runs,
      );
    });

    it('rotary keeps norms, and the opposite angle undoes it', async () => {
      const extent = fc.integer({ min: 1, max: 4 });
      await fc.assert(
        fc.asyncProperty(extent, extent, extent, async (heads, length, pairs) => {
          const b = backend();
          const angles = random([length, pairs], 2);
          const rope = (sign: number): HostTensor => build([2, length, pairs], (part, l, i) => {
            return part === 0 ? Math.cos(angles.get(l, i)) : Math.sin(sign * angles.get(l, i));
          });
          const x = b.upload(random([heads, length, 2 * pairs]));
          const turned = b.rotary(x, b.upload(rope(1)));
          const norms = [x, turned].map((y) => b.sum(b.mul(y, y), [2]));
          expectClose(await b.read(norms[1]), await b.read(norms[0]), Math.max(tolerance, 1e-5));
          expectClose(await b.read(b.rotary(turned, b.upload(rope(-1)))), await b.read(x), Math.max(tolerance, 1e-5));
        }),
        runs,
      );
    });
  });
}
