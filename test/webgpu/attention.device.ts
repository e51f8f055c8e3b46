/** Attention in one piece against the same made of products and a softmax: any extents, heads, masks, large scores. */

import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { webgpuBackend } from '../../backends/webgpu/index.ts';
import { ATTENTION } from '../../backends/webgpu/products.ts';
import { referenceBackend } from '../../reference/backend.ts';
import { hostTensor } from '../../src/array/host.ts';
import type { HostTensor } from '../../src/array/host.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { ShapeError } from '../../src/errors.ts';
import { attention } from '../../src/transformer/attention.ts';
import { expectClose, random } from '../backend/arrays.ts';

interface Case {
  readonly batch: number;
  readonly groups: number;
  readonly each: number;
  readonly length: number;
  readonly keys: number;
  readonly width: number;
  readonly masked: boolean;
  readonly factor: number;
}

const reference = referenceBackend();

async function compare(b: Backend, { batch, groups, each, length, keys, width, masked, factor }: Case): Promise<void> {
  const [q, k] = [random([batch, groups * each, length, width], 1), random([batch, groups, keys, width], 2)];
  const v = random([batch, groups, keys, width], 3);
  for (const [i, value] of q.data.entries()) q.data[i] = value * factor;
  const seen = random([length, keys], 4);
  // Some keys are not seen, the first ones among them; the last one always is.
  const mask = hostTensor(seen.data.map((x, i) => ((i % keys) < keys - 1 && x < 0.2 ? -1e30 : x)), [length, keys]);
  const on = (b: Backend): Promise<HostTensor> => b.scope('attention', async (b) => {
    return b.read(await attention(b, b.upload(q), b.upload(k), b.upload(v), masked ? { mask: b.upload(mask) } : {}));
  });
  expectClose(await on(b), await on(reference), 2e-5);
}

describe('attention', async () => {
  const b = await webgpuBackend();
  afterAll(() => b.close());

  it('of any extents is that made of products', async () => {
    const from1 = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
    const cases = fc.record({
      batch: from1(2), groups: from1(3), each: from1(3), length: from1(20), keys: from1(50),
      width: fc.constantFrom(4, 8, 20, 32, 36, 64, 96, 128, 6, 132), masked: fc.boolean(), factor: fc.constantFrom(1, 30),
    });
    await fc.assert(fc.asyncProperty(cases, (c) => compare(b, c)), { numRuns: 30 });
  }, 120_000);

  it('is one launch, without room for scores', async () => {
    const [length, keys] = [64, 4096];
    const inputs = [[1, 1, length, 32], [1, 1, keys, 32], [1, 1, keys, 32]].map((shape, i) => b.upload(random(shape, i)));
    await b.read(inputs[0]);
    const { launches, reservedBytes } = b.counts;
    const y = await attention(b, inputs[0], inputs[1], inputs[2]);
    await b.read(y);
    expect(b.counts.launches - launches).toBe(1);
    expect(b.counts.reservedBytes - reservedBytes).toBeLessThan(length * keys); // a quarter of the scores' bytes
  });

  it('refuses what does not fit together', () => {
    const [x, y] = [b.upload(random([1, 2, 3, 8])), b.upload(random([1, 2, 4, 4]))];
    expect(() => b.attention(x, y, y)).toThrow(ShapeError);
    expect(() => b.attention(x, x, y)).toThrow(ShapeError);
    expect(() => b.attention(x, x, x, y)).toThrow(ShapeError);
  });

  it.each([
    ['results of earlier tiles are not scaled', 'let factor = exp(most - top);', 'let factor = 1.0;'],
    ['sums of earlier tiles stay as they were', 'total * factor + part', 'total + part'],
    ['a key is seen twice', 'tileK[(lane + 8u) *', 'tileK[lane *'],
  ])('planted: %s', async (_name, find, replace) => {
    const texts = ATTENTION.map(({ code }) => code);
    try {
      for (const kernel of ATTENTION) {
        expect(kernel.code).toContain(find);
        Object.assign(kernel, { code: kernel.code.replace(find, replace) });
      }
      const broken = await webgpuBackend();
      const c = { batch: 1, groups: 1, each: 2, length: 5, keys: 40, width: 8, masked: false, factor: 30 };
      await expect(compare(broken, c)).rejects.toThrow(/got .*, want /);
      await broken.close();
    } finally {
      for (const [i, kernel] of ATTENTION.entries()) Object.assign(kernel, { code: texts[i] });
    }
  });
});
