/** What every backend must do: each operation against its definition, and laws that tie operations together. */

import { beforeAll, describe, expect, it } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { absolute, build, expectClose, expectConvolved, random } from './arrays.ts';
import * as define from './definitions.ts';
import { describeClose } from './suite-close.ts';
import { describeElementwise } from './suite-elementwise.ts';
import { describeEmpty } from './suite-empty.ts';
import { describeGradients } from './suite-gradients.ts';
import { describeLaws } from './suite-laws.ts';
import { describeLifetimes } from './suite-lifetimes.ts';
import { describeRefusals } from './suite-refusals.ts';

/** How a group of the suite gets at the backend under test. */
export interface Subject {
  readonly backend: () => Backend;
  /** Share of (1 + |value|) by which results may be off. */
  readonly tolerance: number;
}

/**
 * @param make a new backend at every call.
 * @param tolerance see {@link Subject}; single-precision sums need about 2e-5.
 */
export function describeBackend(name: string, make: () => Backend | Promise<Backend>, tolerance = 2e-5): void {
  describeOperations(name, make, tolerance);
  describe(`backend ${name}`, () => describeClose(make));
}

/** What needs one backend alone, which others may use too. */
export function describeOperations(name: string, make: () => Backend | Promise<Backend>, tolerance = 2e-5): void {
  describe(`backend ${name}`, () => {
    let made: Backend | undefined;
    beforeAll(async () => {
      made = await make();
    });
    const subject: Subject = { backend: () => made!, tolerance };
    describeBorder(subject);
    describeProducts(subject);
    describeElementwise(subject);
    describeNorms(subject);
    describeGeometry(subject);
    describeGradients(subject);
    describeLaws(subject);
    describeEmpty(subject);
    describeLifetimes(subject);
    describeRefusals(subject);
  });
}

function describeBorder({ backend }: Subject): void {
  describe('upload and read', () => {
    it('keeps values and shape, whatever the host does to its copies', async () => {
      const host = random([2, 3, 4]);
      const want = [...host.data];
      const x = backend().upload(host);
      host.data.fill(7);
      const first = await backend().read(x);
      expect(first.shape).toEqual([2, 3, 4]);
      expect([...first.data]).toEqual(want);
      first.data.fill(9);
      expect([...(await backend().read(x)).data]).toEqual(want);
    });

    it('takes a view that is not in row-major order', async () => {
      const host = random([3, 4]);
      const got = await backend().read(backend().upload(host.transpose(1, 0)));
      expectClose(got, build([4, 3], (i, j) => host.get(j, i)), 0);
    });

    it.each(['f16', 'bf16'] as const)('takes %s as the float32 values that its bits mean', async (type) => {
      const bits = Uint16Array.of(0x3c00, 0xc000, 0x3f80, 0x0001, 0x8000, 0x4248);
      for (const shape of [[2, 3], [6], [1, 2, 3]]) {
        const half = { type, bits, shape };
        const got = await backend().read(backend().upload(half));
        expect(got.shape).toEqual(shape);
        if (type === 'f16') expectClose(got, hostTensor(Float32Array.of(1, -2, 1.875, 2 ** -24, -0, 3.140625), shape), 0);
        else expectClose(got, hostTensor(Float32Array.of(2 ** -7, -2, 1, 2 ** -133, -0, 50), shape), 0);
      }
      const product = backend().matmul(backend().upload(hostTensor(Float32Array.of(1, 2, 4), [1, 3])), backend().upload({ type: 'f16', bits, shape: [2, 3] }), {
        transposeB: true,
      });
      expectClose(await backend().read(product), hostTensor(Float32Array.of(4.5, 12.5625), [1, 2]), 1e-6);
    });

    it('holds a single number without axes', async () => {
      const got = await backend().read(backend().upload(hostTensor(Float32Array.of(2.5), [])));
      expect(got.shape).toEqual([]);
      expect([...got.data]).toEqual([2.5]);
    });
  });
}

function describeProducts({ backend, tolerance }: Subject): void {
  describe('matmul', () => {
    it.each([
      [[5, 7], [7, 6]],
      [[2, 3, 5, 7], [2, 3, 7, 4]],
      [[2, 3, 5, 9], [9, 13]],
      [[1, 1], [1, 1]],
      [[33, 40], [40, 37]],
      [[1, 130], [130, 3]],
    ])('%j × %j, stored either way, with and without bias', async (shapeA, shapeB) => {
      const b = backend();
      const bias = random([shapeB.at(-1)!], 3);
      for (const transposeA of [false, true]) {
        for (const transposeB of [false, true]) {
          const x = random(transposeA ? swapLast(shapeA) : shapeA, 1);
          const y = random(transposeB ? swapLast(shapeB) : shapeB, 2);
          const plain = b.matmul(b.upload(x), b.upload(y), { transposeA, transposeB });
          expectClose(await b.read(plain), define.matmul(x, y, { transposeA, transposeB }), tolerance);
          const biased = b.matmul(b.upload(x), b.upload(y), { transposeA, transposeB, bias: b.upload(bias) });
          expectClose(await b.read(biased), define.matmul(x, y, { transposeA, transposeB, bias }), tolerance);
        }
      }
    });
  });

  describe('conv3d', () => {
    it.each([
      [[1, 2, 3, 4, 5], [3, 2, 3, 3, 3]],
      [[2, 3, 2, 3, 3], [5, 3, 1, 1, 1]],
      [[2, 2, 4, 5, 3], [3, 2, 2, 1, 3]],
      [[1, 3, 1, 1, 1], [2, 3, 1, 3, 3]],
      [[1, 5, 3, 2, 7], [4, 5, 3, 5, 3]],
      [[1, 4, 5, 9, 17], [9, 4, 3, 3, 3]],
    ])('%j * %j', async (shapeX, shapeW) => {
      const b = backend();
      const [x, w, bias] = [random(shapeX, 1), random(shapeW, 2), random([shapeW[0]], 3)];
      const sums = define.conv3d(absolute(x), absolute(w), absolute(bias));
      expectConvolved(await b.read(b.conv3d(b.upload(x), b.upload(w))), define.conv3d(x, w), sums);
      const biased = b.conv3d(b.upload(x), b.upload(w), b.upload(bias));
      expectConvolved(await b.read(biased), define.conv3d(x, w, bias), sums);
    });
  });

  describe('softmax', () => {
    it.each([[[5]], [[3, 1]], [[2, 3, 4, 70]]])('of %j', async (shape) => {
      const x = random(shape);
      expectClose(await backend().read(backend().softmax(backend().upload(x))), define.softmax(x), tolerance);
    });

    it('neither overflows nor loses small terms where the values are large', async () => {
      const x = hostTensor(Float32Array.of(1e4, 1e4 - 1, 1e4 - 20, -1e4, -1e4 - 1, -1e4), [2, 3]);
      expectClose(await backend().read(backend().softmax(backend().upload(x))), define.softmax(x), tolerance);
    });
  });
}

function describeNorms({ backend, tolerance }: Subject): void {
  describe('norms', () => {
    it.each([[[3, 8]], [[2, 3, 5, 16]], [[1, 1]]])('rmsNorm of %j', async (shape) => {
      const [b, x, weight] = [backend(), random(shape, 1), random(shape.slice(-1), 2)];
      x.data.fill(0, 0, shape.at(-1)); // ε keeps a row of zeros finite
      const got = await b.read(b.rmsNorm(b.upload(x), b.upload(weight), 1e-6));
      expectClose(got, define.rmsNorm(x, weight, 1e-6), tolerance);
    });

    it('rmsNorm adds ε under the root', async () => {
      const [b, x] = [backend(), build([1, 2], () => 0.5)];
      const got = await b.read(b.rmsNorm(b.upload(x), b.upload(build([2], () => 1)), 0.75));
      expectClose(got, build([1, 2], () => 0.5), tolerance);
    });

    it.each([0, 1, 2, 3])('l2Normalize over axis %i, with and without gain', async (axis) => {
      const [b, x] = [backend(), random([3, 5, 2, 4], 1)];
      const gain = random([x.shape[axis]], 2);
      expectClose(await b.read(b.l2Normalize(b.upload(x), axis)), define.l2Normalize(x, axis), tolerance);
      const got = await b.read(b.l2Normalize(b.upload(x), axis, b.upload(gain)));
      expectClose(got, define.l2Normalize(x, axis, gain), tolerance);
    });

    it('l2Normalize leaves zeros zero, and divides by 1e-12 at least', async () => {
      const b = backend();
      const x = hostTensor(Float32Array.of(0, 0, 3e-13, -4e-13, 3, 4), [3, 2]);
      const want = hostTensor(Float32Array.of(0, 0, 0.3, -0.4, 0.6, 0.8), [3, 2]);
      expectClose(await b.read(b.l2Normalize(b.upload(x), 1)), want, tolerance);
    });
  });
}

function describeGeometry({ backend, tolerance }: Subject): void {
  describe('resize', () => {
    const modes = ['nearest', 'area', 'trilinear'] as const;
    const sizes: readonly (readonly [from: number[], to: readonly [number, number, number]])[] = [
      [[1, 2, 2, 4, 6], [2, 2, 3]],
      [[2, 1, 3, 5, 7], [2, 7, 5]],
      [[1, 1, 1, 1, 1], [3, 2, 4]],
      [[1, 2, 16, 3, 4], [7, 5, 9]],
      [[1, 1, 4, 6, 8], [1, 1, 1]],
      [[1, 3, 2, 3, 4], [2, 3, 4]],
      [[1, 1, 1, 1, 57], [1, 1, 14]],
      [[1, 1, 1, 39, 26], [1, 33, 22]], // where single precision decides the nearest
    ];
    for (const mode of modes) {
      it.each(sizes)(`${mode}: %j to %j`, async (from, to) => {
        const x = random(from);
        const got = await backend().read(backend().resize(backend().upload(x), to, mode));
        expectClose(got, define[mode](x, to), tolerance);
      });
    }
  });

  describe('rotary', () => {
    it.each([[[5, 8]], [[2, 3, 5, 8]], [[2, 1, 2]]])('turns the pairs of %j', async (shape) => {
      const [b, x] = [backend(), random(shape, 1)];
      const rope = random([2, shape.at(-2)!, shape.at(-1)! / 2], 2);
      expectClose(await b.read(b.rotary(b.upload(x), b.upload(rope))), define.rotary(x, rope), tolerance);
    });
  });
}

function swapLast(shape: readonly number[]): number[] {
  return [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!];
}
