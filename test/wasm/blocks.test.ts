/** Matrices of quantized weights: multiplied as they lie, and to the bit the results of their widened values. */

import { describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/wasm/index.ts';
import type { BlockMatrix, BlockType } from '../../src/array/block-matrix.ts';
import { BLOCK_TYPES, blockBytes, quantizeBlocks } from '../../src/array/block-matrix.ts';
import { widened } from '../../src/array/stored.ts';
import { random } from '../backend/arrays.ts';

/** Any bytes are weights; scales of every kind, infinite ones too, come up. */
function noise(type: BlockType, shape: readonly [number, number]): BlockMatrix {
  let state = 7;
  const blocks = Uint8Array.from({ length: blockBytes(type, shape) }, () => (state = (state * 1103515245 + 12345) >>> 0) >>> 24);
  return { type, blocks, shape };
}

describe.each(BLOCK_TYPES)('a matrix of %s', (type) => {
  it('is widened to the bit, whatever its bytes', async () => {
    const b = await wasmBackend({ threads: 1 });
    const matrix = noise(type, [64, 512]);
    const [got, want] = [(await b.read(b.upload(matrix))).data, widened(matrix).data];
    expect(got.findIndex((value, i) => !Object.is(value, want[i]))).toBe(-1);
  });

  it.each([
    [1, 256, 5], [2, 512, 33], [3, 256, 100], [4, 1024, 64], [5, 256, 8], [31, 512, 70], [33, 256, 9], [70, 768, 130],
  ])('multiplies %d rows of %d into %d columns as its widened values do', async (m, k, n) => {
    for (const threads of m === 70 ? [1, 2] : [1]) {
      const b = await wasmBackend({ threads });
      const x = b.upload(random([m, k], 2));
      const bias = b.upload(random([n], 3));
      const weight = quantizeBlocks(type, random([n, k], 5));
      const stored = b.matmul(x, b.upload(weight), { transposeB: true, bias });
      const wide = b.matmul(x, b.upload(widened(weight)), { transposeB: true, bias });
      expect((await b.read(stored)).data).toEqual((await b.read(wide)).data);
      await b.close();
    }
  });

  it('takes no more memory than its bytes, also after products and rows taken from it', async () => {
    const b = await wasmBackend({ threads: 1 });
    const x = b.upload(random([40, 512], 2));
    const before = b.memory.used;
    const weight = b.upload(quantizeBlocks(type, random([512, 512], 5)));
    b.free(b.matmul(x, weight, { transposeB: true }));
    b.free(b.take(weight, Int32Array.of(3, 500)));
    expect(b.memory.used - before).toBeLessThan(blockBytes(type, [512, 512]) + 1000);
    b.free(weight);
    expect(b.memory.used).toBe(before);
  });

  it('is widened for every other operation, and given back', async () => {
    const b = await wasmBackend({ threads: 1 });
    const host = quantizeBlocks(type, random([6, 256], 5));
    const wide = b.upload(widened(host));
    const x = b.upload(random([4, 6], 2));
    const y = b.upload(random([6, 256], 2));
    const before = b.memory.used;
    for (const use of [
      (w: typeof wide) => b.add(w, y),
      (w: typeof wide) => b.reshape(w, [3, 512]),
      (w: typeof wide) => b.matmul(x, w),
      (w: typeof wide) => b.matmul(w, y, { transposeB: true }),
      (w: typeof wide) => b.take(w, Int32Array.of(5, 0, 5)),
    ]) {
      const weight = b.upload(host);
      const [got, want] = [use(weight), use(wide)];
      expect((await b.read(got)).data).toEqual((await b.read(want)).data);
      b.free([weight, got, want]);
      expect(b.memory.used).toBe(before);
    }
  });
});
