/** The operations for gradients: each is the transpose of the derivative of the operation that it serves. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../../src/array/host.ts';
import { rowMajor } from '../../src/array/host.ts';
import { ShapeError } from '../../src/errors.ts';
import { build, expectClose, random } from './arrays.ts';
import * as define from './definitions.ts';
import type { Subject } from './suite.ts';

type Three = readonly [number, number, number];

const extent = fc.integer({ min: 1, max: 4 });
const three: fc.Arbitrary<[number, number, number]> = fc.tuple(extent, extent, extent);

export function describeGradients({ backend, tolerance }: Subject): void {
  describe('conv3dWeightGradient', () => {
    it.each<[number[], number, Three]>([
      [[1, 2, 3, 4, 5], 3, [3, 3, 3]],
      [[2, 3, 2, 3, 3], 5, [1, 1, 1]],
      [[2, 2, 4, 5, 3], 3, [2, 1, 3]],
      [[1, 3, 1, 1, 1], 2, [1, 3, 3]],
      [[1, 5, 3, 2, 7], 4, [3, 5, 3]],
      [[3, 4, 5, 9, 17], 9, [3, 3, 3]],
      [[1, 7, 3, 6, 33], 6, [2, 3, 5]],
      [[1, 2, 3, 1, 2], 3, [2, 5, 5]],
    ])('x %j, %i outputs, kernel %j', async (shapeX, outputs, kernel) => {
      const b = backend();
      const [batch, , frames, height, width] = shapeX;
      const [x, g] = [random(shapeX, 1), random([batch, outputs, frames - kernel[0] + 1, height, width], 2)];
      const got = await b.read(b.conv3dWeightGradient(b.upload(x), b.upload(g), kernel));
      expectClose(got, define.conv3dWeightGradient(x, g, kernel), tolerance);
    });

    it('is zero where nothing was seen', async () => {
      const b = backend();
      const got = b.conv3dWeightGradient(b.upload(random([0, 2, 3, 2, 2])), b.upload(random([0, 3, 1, 2, 2])), [3, 1, 1]);
      expectClose(await b.read(got), build([3, 2, 3, 1, 1], () => 0), 0);
    });

    it('refuses a gradient of another shape', () => {
      const b = backend();
      const [x, g] = [b.upload(random([1, 2, 3, 4, 4])), b.upload(random([1, 3, 3, 4, 4]))];
      const act = (): unknown => b.conv3dWeightGradient(x, g, [3, 1, 1]);
      expect(act).toThrow(ShapeError);
      expect(act).toThrow('conv3dWeightGradient gradient: expected [1, 3, 1, 4, 4] for x [1, 2, 3, 4, 4], got [1, 3, 3, 4, 4]');
    });
  });

  describe('mapGradient', () => {
    it.each(['silu', 'gelu', 'relu', 'sigmoid', 'exp', 'log', 'step'] as const)('%s: g · f′(x)', async (f) => {
      const b = backend();
      // Not next to 0, where relu and step have a corner.
      const x = build([3, 7, 5], (i, j, k) => (f === 'log' ? 0.3 : -4.95) + 0.3 * ((5 * i + 11 * j + 3 * k) % 34));
      const g = random([3, 7, 5], 2);
      expectClose(await b.read(b.mapGradient(f, b.upload(x), b.upload(g))), define.mapGradient(f, x, g), tolerance);
    });

    it('refuses a gradient of another shape', () => {
      const b = backend();
      const act = (): unknown => b.mapGradient('silu', b.upload(random([2, 3])), b.upload(random([3, 2])));
      expect(act).toThrow('mapGradient gradient: expected [2, 3], got [3, 2]');
    });
  });

  describe('l2NormalizeGradient', () => {
    it.each<[number[], number, boolean]>([
      [[2, 5, 3, 7], 1, true],
      [[2, 5, 3, 7], 1, false],
      [[3, 6], 1, true],
      [[4, 3], 0, false],
      [[1, 9, 2, 17, 16], 1, true],
      [[2, 3, 1, 1, 1], 1, true],
    ])('x %j, axis %i, gain %j', async (shape, axis, gained) => {
      const b = backend();
      const [x, g] = [random(shape, 1), random(shape, 2)];
      const gain = gained ? random([shape[axis]], 3) : undefined;
      const [onX, onG] = [b.upload(x), b.upload(g)];
      const got = b.l2NormalizeGradient(onX, onG, axis, gain && b.upload(gain));
      expectClose(await b.read(got), define.l2NormalizeGradient(x, g, axis, gain), tolerance);
      const ofGain = define.l2NormalizeGainGradient(x, g, axis);
      expectClose(await b.read(b.l2NormalizeGainGradient(onX, onG, axis)), ofGain, tolerance * Math.max(1, x.data.length / 50));
    });

    it('takes a vector of zeros for one of length 1e-12', async () => {
      const b = backend();
      const x = build([2, 3, 4], () => 0);
      const g = random([2, 3, 4], 2);
      const got = await b.read(b.affine(b.l2NormalizeGradient(b.upload(x), b.upload(g), 1), 1e-12));
      expectClose(got, g, tolerance);
      expectClose(await b.read(b.l2NormalizeGainGradient(b.upload(x), b.upload(g), 1)), build([3], () => 0), 0);
    });

    it('refuses a gradient of another shape', () => {
      const b = backend();
      const [x, g] = [b.upload(random([2, 3])), b.upload(random([2, 4]))];
      expect(() => b.l2NormalizeGradient(x, g, 1)).toThrow('l2NormalizeGradient gradient: expected [2, 3], got [2, 4]');
      expect(() => b.l2NormalizeGainGradient(x, g, 1)).toThrow('l2NormalizeGainGradient gradient: expected [2, 3], got [2, 4]');
    });
  });

  describe('resizeGradient', () => {
    const dot = (p: HostTensor, q: HostTensor): number => {
      const [u, v] = [rowMajor(p), rowMajor(q)];
      return u.reduce((sum, value, i) => sum + value * v[i], 0);
    };

    it.each(['nearest', 'area', 'trilinear'] as const)('%s: every element gathers what it was spread to', async (mode) => {
      await fc.assert(
        fc.asyncProperty(three, three, async (from, to) => {
          const b = backend();
          const g = random([1, 2, ...to]);
          const want = build([1, 2, ...from], (_, ...at) => {
            const one = build([1, 2, ...from], (__, ...index) => (index.every((i, axis) => i === at[axis]) ? 1 : 0));
            return dot(define[mode](one, to), g);
          });
          expectClose(await b.read(b.resizeGradient(b.upload(g), from, mode)), want, tolerance);
        }),
        { numRuns: 20 },
      );
    });

    it('refuses to gather into nothing', () => {
      const b = backend();
      const act = (): unknown => b.resizeGradient(b.upload(random([1, 1, 1, 2, 2])), [1, 0, 2], 'area');
      expect(act).toThrow('resizeGradient size: expected extents above 0, as the gradient has, got [1, 0, 2]');
    });
  });
}
