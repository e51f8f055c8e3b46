/** Matrices above the binding limit of an adapter, which is set low here: they lie in parts, and compute as whole ones do. */

import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { WebgpuBackend } from '../../backends/webgpu/backend.ts';
import { WebgpuDevice } from '../../backends/webgpu/device.ts';
import { referenceBackend } from '../../reference/backend.ts';
import { floatToHalf } from '../../src/array/half.ts';
import { hostTensor } from '../../src/array/host.ts';
import type { StoredValues } from '../../src/array/stored.ts';
import type { Backend, Tensor } from '../../src/backend/backend.ts';
import { findAdapter } from '../../src/backend/webgpu-adapter.ts';
import { MemoryError } from '../../src/errors.ts';
import { expectClose, random } from '../backend/arrays.ts';

async function backendOf(most: number): Promise<WebgpuBackend> {
  const { adapter, name, software } = await findAdapter();
  return new WebgpuBackend(new WebgpuDevice(await adapter.requestDevice(), name, software, { most }));
}

describe('a matrix above the binding limit', async () => {
  const b = await backendOf(4096);
  const reference = referenceBackend();
  afterAll(() => b.close());

  const compare = async (matrix: StoredValues, f: (b: Backend, matrix: Tensor) => Tensor): Promise<void> => {
    const run = (b: Backend) => b.scope('parts', async (b) => b.read(f(b, b.upload(matrix))));
    expectClose(await run(b), await run(reference), 2e-5);
  };

  const matrices = fc.record({
    rows: fc.integer({ min: 40, max: 90 }), width: fc.integer({ min: 55, max: 70 }), half: fc.boolean(), // 8.8 kB and more
    m: fc.constantFrom(1, 3, 8, 9, 11), transposeB: fc.boolean(), transposeA: fc.boolean(), biased: fc.boolean(),
  });

  it('is read, multiplied by and taken from', async () => {
    await fc.assert(fc.asyncProperty(matrices, async ({ rows, width, half, m, transposeA, transposeB, biased }) => {
      const { data } = random([rows, width]);
      const matrix = half ? { type: 'f16' as const, bits: floatToHalf(data), shape: [rows, width] } : hostTensor(data, [rows, width]);
      const [k, n] = transposeB ? [width, rows] : [rows, width];
      const before = b.counts.uploads;
      const buffers = b.counts.launches;
      await compare(matrix, (b, matrix) => {
        const x = b.upload(random(transposeA ? [k, m] : [m, k], 2));
        return b.matmul(x, matrix, { transposeA, transposeB, ...(biased && { bias: b.upload(random([n], 3)) }) });
      });
      expect(b.counts.uploads).toBeGreaterThan(before);
      expect(b.counts.launches - buffers).toBeGreaterThanOrEqual(2); // one a part
      await compare(matrix, (b, matrix) => b.take(matrix, Int32Array.of(0, rows - 1, rows >> 1, 0, 17)));
      await compare(matrix, (_b, matrix) => matrix);
    }), { numRuns: 25 });
  }, 120_000);

  it('is not for other operations, which say so', () => {
    const x = b.upload(random([40, 60]));
    const problem = /^an operation on \[40, 60\] on webgpu \(.+\) needs 9600 bytes; .* at most 4096 bytes: .* 16-bit/;
    expect(() => b.slice(x, 0, 3, 4)).toThrow(problem);
    expect(() => b.slice(x, 0, 3, 4)).toThrow(MemoryError);
    expect(() => b.matmul(x, b.upload(random([60, 3])))).toThrow(problem);
    expect(() => b.take(b.reshape(x, [60, 40]), Int32Array.of(1))).toThrow(/^an operation on \[60, 40\]/);
  });

  it('goes back to the pool with all its parts', async () => {
    const { arrays, bytes, reservedBytes } = b.counts;
    for (let i = 0; i < 3; i++) b.free(b.upload(random([90, 60])));
    expect(b.counts).toMatchObject({ arrays, bytes });
    expect(b.counts.reservedBytes - reservedBytes).toBeLessThan(3 * 90 * 60 * 4);
  });

  it('as large as the largest of the released model multiplies within the limit that every adapter has', async () => {
    const b = await backendOf(2 ** 27);
    const [rows, width] = [11008, 4096]; // 45 million elements, 172 MiB
    const row = (i: number): number => ((i * 7919) % 13) - 6;
    const weight = new Float32Array(rows * width);
    for (let i = 0; i < rows; i++) weight.fill(row(i), i * width, (i + 1) * width);
    const x = b.upload(hostTensor(new Float32Array(width).fill(2), [1, width]));
    const y = b.matmul(x, b.upload(hostTensor(weight, [rows, width])), { transposeB: true });
    const { data } = await b.read(y);
    expect(data.length).toBe(rows);
    expect(data.every((value, i) => value === 2 * width * row(i))).toBe(true);
    await b.close();
  }, 120_000);
});
