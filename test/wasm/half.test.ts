/** Matrices of 16 bits: half the memory, and to the bit the results of their widened values. */

import { describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/wasm/index.ts';
import type { HalfTensor } from '../../src/array/half-tensor.ts';
import { widened } from '../../src/array/stored.ts';
import { floatToBfloat, floatToHalf } from '../../src/array/half.ts';
import { random } from '../backend/arrays.ts';

function half(type: HalfTensor['type'], shape: readonly [number, number]): HalfTensor {
  const values = random(shape, 5).data;
  return { type, bits: type === 'f16' ? floatToHalf(values) : floatToBfloat(values), shape };
}

/** Every pattern of 16 bits, 256 a row. */
function everything(type: HalfTensor['type']): HalfTensor {
  return { type, bits: Uint16Array.from({ length: 65536 }, (_, i) => i), shape: [256, 256] };
}

const isNaNPattern = (bits: number): boolean => (bits & 0x7fffffff) > 0x7f800000;

describe.each(['f16', 'bf16'] as const)('a matrix of %s', (type) => {
  it('is widened exactly, whatever its bits', async () => {
    const b = await wasmBackend({ threads: 1 });
    const got = new Uint32Array((await b.read(b.upload(everything(type)))).data.buffer);
    const want = new Uint32Array(widened(everything(type)).data.buffer);
    const wrong = got.findIndex((bits, i) => bits !== want[i] && !(isNaNPattern(bits) && isNaNPattern(want[i])));
    expect(wrong).toBe(-1);
  });

  it.each([
    [1, 1, 1], [1, 7, 5], [2, 128, 33], [3, 130, 100], [5, 4, 8], [31, 65, 70],
    [32, 64, 64], [33, 13, 9], [70, 131, 130], [64, 3, 4],
  ])('multiplies %d rows of %d into %d columns as its widened values do', async (m, k, n) => {
    for (const threads of [1, 2]) {
      const b = await wasmBackend({ threads });
      const x = b.upload(random([m, k], 2));
      const bias = b.upload(random([n], 3));
      const weight = half(type, [n, k]);
      const stored = b.matmul(x, b.upload(weight), { transposeB: true, bias });
      const wide = b.matmul(x, b.upload(widened(weight)), { transposeB: true, bias });
      expect((await b.read(stored)).data).toEqual((await b.read(wide)).data);
      await b.close();
    }
  });

  it('takes two bytes a number, also after products', async () => {
    const b = await wasmBackend({ threads: 1 });
    const x = b.upload(random([40, 512], 2));
    const before = b.memory.used;
    const weight = b.upload(half(type, [512, 512]));
    b.free(b.matmul(x, weight, { transposeB: true }));
    expect(b.memory.used - before).toBeLessThan(512 * 512 * 2 + 1000);
    b.free(weight);
    expect(b.memory.used).toBe(before);
  });

  it('is widened for every other operation, and given back', async () => {
    const b = await wasmBackend({ threads: 1 });
    const host = half(type, [6, 10]);
    const wide = b.upload(widened(host));
    const x = b.upload(random([4, 6], 2));
    const y = b.upload(random([6, 10], 2));
    const before = b.memory.used;
    for (const use of [
      (w: typeof wide) => b.add(w, y),
      (w: typeof wide) => b.reshape(w, [3, 20]),
      (w: typeof wide) => b.matmul(x, w),
      (w: typeof wide) => b.matmul(w, y, { transposeB: true }),
      (w: typeof wide) => b.matmul(w, w, { transposeB: true }),
      (w: typeof wide) => b.matmul(y, w, { transposeA: true }),
      (w: typeof wide) => b.take(w, Int32Array.of(5, 0)),
    ]) {
      const weight = b.upload(host);
      const [got, want] = [use(weight), use(wide)];
      expect((await b.read(got)).data).toEqual((await b.read(want)).data);
      b.free([weight, got, want]);
      expect(b.memory.used).toBe(before);
    }
  });
});
