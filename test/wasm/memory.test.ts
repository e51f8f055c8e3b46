/** Memory is given back: scopes, views, garbage; nothing grows with repetition. */

import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { keptBytes } from '../../backends/wasm/conv3d-winograd.ts';
import { wasmBackend } from '../../backends/wasm/index.ts';
import { hostTensor, hostZeros } from '../../src/array/host.ts';
import type { Backend, MatmulOptions, Tensor } from '../../src/backend/backend.ts';
import { random } from '../backend/arrays.ts';

/** A bit of everything that takes scratch memory. */
async function stage(outer: Backend, x: Tensor): Promise<Tensor> {
  return outer.scope('stage', async (b) => {
    const y = b.conv3d(x, b.upload(hostZeros([12, 8, 2, 3, 3])));
    const tokens = b.permute(b.reshape(b.l2Normalize(y, 1), [12, y.shape[2] * 90]), [1, 0]);
    const scores = b.softmax(b.matmul(tokens, tokens, { transposeB: true }));
    const z = b.matmul(scores, tokens);
    return b.sum(b.resize(b.reshape(z, [1, 1, 1, ...z.shape]), [1, 50, 20], 'area'), [3, 4]);
  });
}

describe('memory', () => {
  it('stays flat over 200 repetitions', async () => {
    const b = await wasmBackend({ threads: 2 });
    const x = b.upload(hostZeros([1, 8, 4, 9, 10]));
    b.free(await stage(b, x));
    const before = b.memory;
    for (let i = 0; i < 200; i++) b.free(await stage(b, x));
    expect(b.memory).toEqual(before);
    b.free(x);
    expect(b.memory.used).toBe(0);
    await b.close();
  });

  it('is kept by a reshaped tensor after the first is freed', async () => {
    const b = await wasmBackend({ threads: 1 });
    const x = b.affine(b.upload(hostZeros([2, 3])), 1, 7);
    const y = b.reshape(x, [6]);
    b.free(x);
    b.affine(b.upload(hostZeros([2, 3])), 1, 9);
    expect([...(await b.read(y)).data]).toEqual([7, 7, 7, 7, 7, 7]);
    const { used } = b.memory;
    b.free(y);
    expect(b.memory.used).toBeLessThan(used);
  });

  it.each([true, false])('holds the panels of a batch from its second product on, as long as it lives (transposed: %s)', async (transposeB) => {
    const b = await wasmBackend({ threads: 1 });
    const values = Float32Array.from({ length: 2 * 40 * 40 }, (_, i) => Math.sin(i));
    const [x, y] = [b.upload(hostTensor(values, [2, 40, 40])), b.upload(hostTensor(values, [2, 40, 40]))];
    const { used } = b.memory;
    const product = async (other: Tensor, options: MatmulOptions): Promise<Float32Array> => {
      const z = b.matmul(x, other, options);
      const { data } = await b.read(z);
      b.free(z);
      return data;
    };
    const first = await product(y, { transposeB });
    expect(b.memory.used).toBe(used);
    for (let i = 0; i < 3; i++) expect(await product(y, { transposeB })).toEqual(first);
    expect(b.memory.used).toBeGreaterThan(used);
    const view = b.reshape(y, [2, 40, 40]); // has no panels of its own yet
    expect(await product(y, { transposeB: !transposeB })).toEqual(await product(view, { transposeB: !transposeB }));
    b.free([x, y, view]);
    expect(b.memory.used).toBe(0);
  });

  it('holds the transformed weights of a convolution on small frames from the second use on, as long as these live', async () => {
    const b = await wasmBackend({ threads: 1 });
    const [shapeX, shapeW] = [[1, 16, 4, 7, 8], [9, 16, 3, 3, 3]];
    const [x, w] = [b.upload(random(shapeX, 1)), b.upload(random(shapeW, 2))];
    const { used } = b.memory;
    const convolve = async (): Promise<Float32Array> => {
      const y = b.conv3d(x, w);
      const { data } = await b.read(y);
      b.free(y);
      return data;
    };
    const first = await convolve();
    expect(b.memory.used).toBe(used);
    for (let i = 0; i < 3; i++) expect(await convolve()).toEqual(first);
    const kept = keptBytes(shapeW, 7, 8, 2);
    expect(b.memory.used - used).toBeGreaterThanOrEqual(kept);
    expect(b.memory.used - used).toBeLessThan(kept + 128); // and what rounds it up
    b.free([x, w]);
    expect(b.memory.used).toBe(0);
  });

  it('of a failed operation is given back', async () => {
    const b = await wasmBackend({ threads: 1 });
    const huge = b.upload(hostZeros([1, 1]));
    const { used } = b.memory;
    expect(() => b.expand(huge, [70_000, 70_000])).toThrow(/19600000064 bytes does not fit/);
    expect(b.memory.used).toBe(used);
  });

  it.runIf(globalThis.gc !== undefined)('of the root is given back by the garbage collector', async () => {
    const b = await wasmBackend({ threads: 1 });
    for (let i = 0; i < 50; i++) b.upload(hostZeros([1000]));
    for (let i = 0; i < 20 && b.memory.used > 0; i++) {
      globalThis.gc?.();
      await setTimeout(10);
    }
    expect(b.memory.used).toBe(0);
  });
});
