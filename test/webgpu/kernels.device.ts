/**
 * Properties of the kernels: any shape, remainders of tiles, extents of 0 and 1, more than 65,535 groups, offsets beyond 2²⁴;
 * and planted faults, each of which the same comparisons find.
 */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebgpuBackend } from '../../backends/webgpu/backend.ts';
import { WebgpuDevice } from '../../backends/webgpu/device.ts';
import { webgpuBackend } from '../../backends/webgpu/index.ts';
import { CONV3D_WEIGHT } from '../../backends/webgpu/kernels/conv3d-weight.ts';
import type { Kernel } from '../../backends/webgpu/kernels/kernel.ts';
import { L2_NORMALIZE } from '../../backends/webgpu/kernels/l2-normalize.ts';
import { MATMUL_ROWS } from '../../backends/webgpu/kernels/matmul-rows.ts';
import { SOFTMAX } from '../../backends/webgpu/kernels/softmax.ts';
import { SUM } from '../../backends/webgpu/kernels/sum.ts';
import { WINOGRAD_INPUT, WINOGRAD_WEIGHT } from '../../backends/webgpu/kernels/winograd.ts';
import { CONV3D, MATMUL } from '../../backends/webgpu/products.ts';
import { referenceBackend } from '../../reference/backend.ts';
import type { HostTensor, Shape } from '../../src/array/host.ts';
import { floatToHalf } from '../../src/array/half.ts';
import { hostTensor } from '../../src/array/host.ts';
import type { Backend, Tensor } from '../../src/backend/backend.ts';
import { findAdapter } from '../../src/backend/webgpu-adapter.ts';
import { absolute, expectClose, expectConvolved, random } from '../backend/arrays.ts';

const reference = referenceBackend();

type Of = (b: Backend, ...xs: Tensor[]) => Tensor;
type Alike = (got: HostTensor, want: HostTensor, sums: () => Promise<HostTensor>) => void | Promise<void>;

const close: Alike = (got, want) => expectClose(got, want, 2e-5);

/** The same on both, within single precision. @param expectAlike compares them; `sums` are those of absolute values. */
async function compare(b: Backend, shapes: readonly Shape[], f: Of, expectAlike: Alike = close): Promise<void> {
  const inputs = shapes.map((shape, i) => random(shape, i + 1));
  const wanted = (inputs: readonly HostTensor[]): Promise<HostTensor> => {
    return reference.read(f(reference, ...inputs.map((x) => reference.upload(x))));
  };
  await b.scope('compare', async (b) => {
    const got = await b.read(f(b, ...inputs.map((x) => b.upload(x))));
    await expectAlike(got, await wanted(inputs), () => wanted(inputs.map(absolute)));
  });
}

/** Sums of many products, which err by the size of what they add up. */
const convolved: Alike = async (got, want, sums) => expectConvolved(got, want, await sums());

const from1 = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
const upTo = (max: number): fc.Arbitrary<number> => {
  return fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 8, arbitrary: from1(max) });
};

describe('kernels', () => {
  let b: Backend;
  beforeAll(async () => {
    b = await webgpuBackend();
  });
  afterAll(() => b.close());

  it('matmul of any shape, transposed, batched and with bias', async () => {
    const cases = fc.record({
      batch: from1(3), m: upTo(150), k: upTo(40), n: upTo(150), ta: fc.boolean(), tb: fc.boolean(), shared: fc.boolean(),
    });
    await fc.assert(fc.asyncProperty(cases, async ({ batch, m, k, n, ta, tb, shared }) => {
      const matrix = tb ? [n, k] : [k, n];
      await compare(b, [[batch, ...(ta ? [k, m] : [m, k])], shared ? matrix : [batch, ...matrix], [n]], (b, x, y, bias) => {
        return b.matmul(x, y, { transposeA: ta, transposeB: tb, bias });
      });
    }), { numRuns: 40 });
  }, 300_000);

  it('matmul with weights of 16 bits', async () => {
    await fc.assert(fc.asyncProperty(from1(70), from1(40), from1(90), async (m, k, n) => {
      const [x, half] = [random([m, k]), { type: 'f16' as const, bits: floatToHalf(random([n, k], 2).data), shape: [n, k] }];
      const product = (b: Backend): Promise<HostTensor> => {
        return b.read(b.matmul(b.upload(x), b.upload(half), { transposeB: true }));
      };
      expectClose(await product(b), await product(reference), 2e-5);
    }), { numRuns: 15 });
  }, 300_000);

  it('conv3d and the gradient of its weight, of any shape', async () => {
    const extents = fc.record({
      batch: from1(2), c: from1(9), o: from1(40), t: from1(3), h: from1(9), w: from1(9),
      kt: fc.constantFrom(1, 2, 3), kh: fc.constantFrom(1, 3), kw: fc.constantFrom(1, 3, 5),
    });
    await fc.assert(fc.asyncProperty(extents, async ({ batch, c, o, t, h, w, kt, kh, kw }) => {
      const x = [batch, c, t + kt - 1, h, w];
      await compare(b, [x, [o, c, kt, kh, kw], [o]], (b, x, weight, bias) => b.conv3d(x, weight, bias), convolved);
      await compare(b, [x, [batch, o, t, h, w]], (b, x, g) => b.conv3dWeightGradient(x, g, [kt, kh, kw]), convolved);
    }), { numRuns: 15 });
  }, 300_000);

  it('conv3d by Winograd, of any shape', async () => {
    const extents = fc.record({
      batch: from1(2), c: fc.integer({ min: 16, max: 20 }), o: fc.integer({ min: 16, max: 35 }), t: from1(2),
      h: fc.integer({ min: 2, max: 9 }), w: fc.integer({ min: 2, max: 9 }), kt: from1(3),
    });
    await fc.assert(fc.asyncProperty(extents, async ({ batch, c, o, t, h, w, kt }) => {
      await byWinograd(b, [batch, c, t + kt - 1, h, w], [o, c, kt, 3, 3]);
    }), { numRuns: 10 });
  }, 300_000);

  it('conv3d gives an item of a batch the same bits as alone, also where not all items have room at once', async () => {
    const { adapter, name, software } = await findAdapter();
    const device = await adapter.requestDevice();
    const small = new WebgpuBackend(new WebgpuDevice(device, name, software, { most: 40_000 })); // two items
    const [x, weight] = [small.upload(random([3, 16, 1, 8, 8])), small.upload(random([16, 16, 1, 3, 3], 2))];
    const { data } = await small.read(small.conv3d(x, weight));
    const alone = await Promise.all([0, 1, 2].map((i) => small.read(small.conv3d(small.slice(x, 0, i, i + 1), weight))));
    expect([...data]).toEqual(alone.flatMap(({ data }) => [...data]));
    await small.close();
  }, 60_000);

  it('rows and sums of any extent', async () => {
    await fc.assert(fc.asyncProperty(upTo(70), from1(300), upTo(40), async (outer, extent, inner) => {
      const shape = [outer, extent, inner];
      await compare(b, [shape], (b, x) => b.affine(b.sum(x, [1]), 1 / Math.sqrt(extent)));
      await compare(b, [shape], (b, x) => b.affine(b.sum(x, [0, 1]), 1 / Math.sqrt(outer * extent + 1))); // as large as a term
      await compare(b, [shape, [extent]], (b, x, gain) => b.l2Normalize(x, 1, gain));
      await compare(b, [[outer, extent]], (b, x) => b.softmax(x));
      await compare(b, [[outer, extent], [extent]], (b, x, w) => b.rmsNorm(x, w, 1e-6));
    }), { numRuns: 12 });
  }, 300_000);

  it('sums of long rows in chunks', async () => {
    await compare(b, [[2, 5000, 3]], (b, x) => b.affine(b.sum(x, [1]), 1 / 64));
    await compare(b, [[9000]], (b, x) => b.affine(b.sum(x, [0]), 1 / 64));
  });

  it('permutations and their inverses, slices joined again', async () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 7 });
    await fc.assert(fc.asyncProperty(shapes, fc.nat(), async (shape, seed) => {
      const axes = shape.map((_, i) => (i * 3 + seed) % shape.length).filter((axis, i, all) => all.indexOf(axis) === i);
      for (let i = 0; i < shape.length; i++) if (!axes.includes(i)) axes.push(i);
      const inverse = axes.map((_, i) => axes.indexOf(i));
      const x = random(shape);
      const axis = seed % shape.length;
      const middle = seed % (shape[axis] + 1);
      await b.scope('moves', async (b) => {
        const on = b.upload(x);
        expectClose(await b.read(b.permute(b.permute(on, axes), inverse)), x, 0);
        expectClose(await b.read(b.concat([b.slice(on, axis, 0, middle), b.slice(on, axis, middle, shape[axis])], axis)), x, 0);
      });
    }), { numRuns: 30 });
  }, 300_000);

  it('work beyond 65,535 groups and beyond 2²⁴ elements', async () => {
    await b.scope('large', async (b) => {
      const [rows, width] = [2 ** 12 + 1, 2 ** 12 + 3]; // 16.8 million
      const x = b.add(b.expand(b.upload(random([rows, 1])), [rows, width]), b.upload(random([width], 2)));
      const last = b.slice(x, 0, rows - 1, rows);
      const lastRow = hostTensor(random([rows, 1]).data.slice(-1), [1, 1]);
      const want = reference.add(reference.upload(lastRow), reference.upload(random([width], 2)));
      expectClose(await b.read(last), await reference.read(want), 1e-6);
    });
  }, 300_000);
});

type Check = (b: Backend) => Promise<void>;

type Fault = [name: string, kernels: readonly Kernel[], find: string, replace: string, check: Check];

/** Where a text is broken, and what finds it. */
const FAULTS: readonly Fault[] = [
  ['a tile forgets its last sum', [...MATMUL.values()], 'c0a + s0a,', 'c0a,', product([40, 20, 30])],
  ['a product takes one term too few', [...MATMUL.values()], 'if (k0 + k < kTo)', 'if (k0 + k + 1u < kTo)', product([40, 20, 30])],
  ['few rows: one lane is left out', [MATMUL_ROWS], 'l < LANES', 'l + 1u < LANES', product([2, 64, 30])],
  ['few rows without bias', [MATMUL_ROWS], 'bias[(p.yFrom + to) * p.biasStep]', '0.0', product([2, 64, 30])],
  ['convolution in a mirror', [...CONV3D.values()], 'columnsOfX + dj', 'columnsOfX + p.kw - 1u - dj', convolution],
  ['convolution wraps around its frame', [...CONV3D.values()], '(j < vec4u(p.width))', '(j < vec4u(p.width + 1u))', convolution],
  ['a transformed tile without its left edge', [WINOGRAD_INPUT], 'line * p.across) * 2u - 1u;', 'line * p.across) * 2u;', byWinograd],
  ['a transformed weight with a wrong sign', [WINOGRAD_WEIGHT], '0.5 * (a.x - a.y + a.z)', '0.5 * (a.x - a.y - a.z)', byWinograd],
  ['a transformed tile by one weight alone', [...CONV3D.values()], 'batch % 16u * p.nextWeight', '0u', byWinograd],
  ['the first slab counts for all', [CONV3D_WEIGHT], 'kFrom = ofSlab * p.slab;', '', (b) => compare(b, [[1, 2, 4, 12, 12], [1, 3, 2, 12, 12]], (b, x, g) => b.conv3dWeightGradient(x, g, [3, 3, 3]))],
  ['softmax without its maximum', [SOFTMAX], 'exp(x[first + k] - top)', 'exp(x[first + k])', (b) => compare(b, [[3, 5]], (b, x) => b.softmax(b.affine(x, 200)))],
  ['a norm of squares that overflow', [L2_NORMALIZE], '/ most;', ';', (b) => compare(b, [[3, 5]], (b, x) => b.l2Normalize(b.affine(x, 1e25), 1))],
  ['a sum drops its last element', [SUM], 'k < end;', 'k + 1u < end;', (b) => compare(b, [[3, 5]], (b, x) => b.sum(x, [1]))],
];

function product([m, k, n]: readonly [number, number, number]): (b: Backend) => Promise<void> {
  return (b) => compare(b, [[m, k], [k, n], [n]], (b, x, y, bias) => b.matmul(x, y, { bias }));
}

function convolution(b: Backend): Promise<void> {
  return compare(b, [[1, 3, 3, 5, 6], [4, 3, 3, 3, 3]], (b, x, weight) => b.conv3d(x, weight));
}

function byWinograd(b: Backend, x: Shape = [1, 16, 2, 5, 4], weight: Shape = [16, 16, 2, 3, 3]): Promise<void> {
  return compare(b, [x, weight, [weight[0]]], (b, x, weight, bias) => b.conv3d(x, weight, bias), convolved);
}

describe('a planted fault is found', () => {
  it.each(FAULTS)('%s', async (_name, kernels, find, replace, check) => {
    const texts = kernels.map(({ code }) => code);
    const set = (kernel: Kernel, code: string): void => void Object.assign(kernel, { code });
    try {
      for (const kernel of kernels) {
        expect(kernel.code).toContain(find);
        set(kernel, kernel.code.replaceAll(find, replace));
      }
      const broken = await webgpuBackend();
      await expect(check(broken)).rejects.toThrow(/got .*, want /);
      await broken.close();
    } finally {
      for (const [i, kernel] of kernels.entries()) set(kernel, texts[i]);
    }
  }, 60_000);
});
