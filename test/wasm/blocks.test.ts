/**
 * Matrices of quantized weights: widened to the bit; multiplied as they lie, within a bound that follows from the formulas.
 *
 * A product takes x̂ = d·q for x, with d = m / 32767, m the largest |x| of 32 along K, and q the nearest whole number. So
 * |x − x̂| ≤ d / 2, and a hundredth of d more, as x / d is rounded too. Sums of q · w are exact; those of K/32 blocks are scaled
 * and added in float32, with q4_K as many offsets besides:
 *
 *   |y − Σ w·x| ≤ Σ |w| · 0.51 · m / 32767 + (2 · K/32 + 8) · 2⁻²⁴ · Σ |w| · |x|
 *
 * In the second sum, and there alone, |w| of q4_K is d·s·q + e·m, as both are rounded before they are subtracted. m is 2⁻¹⁰⁰ at
 * least; and what is made of so small a d may be below the normal numbers, 1e-37 for each block.
 */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Device } from '../../backends/wasm/device.ts';
import { WasmBackend, wasmBackend } from '../../backends/wasm/index.ts';
import type { BlockMatrix, BlockType } from '../../src/array/block-matrix.ts';
import { BLOCK_FORMATS, BLOCK_TYPES, blockBytes, quantizeBlocks } from '../../src/array/block-matrix.ts';
import type { HostTensor } from '../../src/array/host.ts';
import { hostTensor, hostZeros } from '../../src/array/host.ts';
import { widened } from '../../src/array/stored.ts';
import { Scope } from '../../src/backend/ownership.ts';
import { random } from '../backend/arrays.ts';

/** Any bytes are weights; scales of every kind, infinite ones too, come up. */
function noise(type: BlockType, shape: readonly [number, number]): BlockMatrix {
  let state = 7;
  const blocks = Uint8Array.from({ length: blockBytes(type, shape) }, () => (state = (state * 1103515245 + 12345) >>> 0) >>> 24);
  return { type, blocks, shape };
}

/** The same with e·m added instead of subtracted: the sizes of both. */
function magnitudes(matrix: BlockMatrix): HostTensor {
  const blocks = matrix.blocks.slice();
  if (matrix.type === 'q4_k') for (let at = 3; at < blocks.length; at += BLOCK_FORMATS.q4_k.bytes) blocks[at] ^= 0x80; // the sign of e
  return widened({ ...matrix, blocks });
}

/** How far y is from Σ w·x at most, as a share of the bound in the opening comment. */
function farthest(y: HostTensor, x: HostTensor, matrix: BlockMatrix): number {
  const [m, k] = x.shape;
  const n = matrix.shape[0];
  const [w, size] = [widened(matrix).data, magnitudes(matrix).data];
  let most = 0;
  for (let i = 0; i < m; i++) {
    const row = x.data.subarray(i * k, (i + 1) * k);
    const steps = Array.from({ length: k / 32 }, (_, b) => {
      return Math.max(...row.subarray(32 * b, 32 * b + 32).map(Math.abs), 2 ** -100) / 32767;
    });
    for (let j = 0; j < n; j++) {
      let [sum, rounded, products] = [0, 0, 0];
      for (let c = 0; c < k; c++) {
        sum += w[j * k + c] * row[c];
        rounded += Math.abs(w[j * k + c]) * 0.51 * steps[c >> 5];
        products += Math.abs(size[j * k + c] * row[c]);
      }
      const bound = rounded + (k / 16 + 8) * 2 ** -24 * products + (k / 32) * 1e-37;
      most = Math.max(most, Math.abs(y.data[i * n + j] - sum) / bound);
    }
  }
  return most;
}

/** Also more threads than there are processors. */
async function onThreads(threads: number): Promise<WasmBackend> {
  const device = new Device();
  await device.addThreads(threads);
  return new WasmBackend(device, Scope.root(device));
}

describe('products', () => {
  const backends: WasmBackend[] = [];
  beforeAll(async () => void backends.push(await onThreads(1), await onThreads(2)));
  afterAll(() => Promise.all(backends.map((b) => b.close())));

  /** x (M, K) times wᵀ, w (N, K). */
  async function product(b: WasmBackend, x: HostTensor, w: BlockMatrix, bias = hostZeros([w.shape[0]])): Promise<HostTensor> {
    const [left, right, start] = [b.upload(x), b.upload(w), b.upload(bias)];
    const y = b.matmul(left, right, { transposeB: true, bias: start });
    const values = await b.read(y);
    b.free([left, right, start, y]);
    return values;
  }

  /** A type, rows, K and columns; x whose blocks of 32 are of many sizes, zeros among them; weights. */
  const cases = fc.record({
    type: fc.constantFrom(...BLOCK_TYPES), m: fc.integer({ min: 1, max: 20 }), blocks: fc.integer({ min: 1, max: 19 }),
    n: fc.integer({ min: 1, max: 40 }), seed: fc.integer({ min: 1, max: 1e6 }),
    sizes: fc.array(fc.constantFrom(0, 2 ** -140, 2 ** -99, 2 ** -20, 1, 1, 8, 2 ** 20), { minLength: 1, maxLength: 7 }),
  }).map(({ type, m, blocks, n, seed, sizes }) => {
    const k = type === 'q4_k' ? 256 * Math.ceil(blocks / 8) : 32 * blocks;
    const x = random([m, k], seed);
    const sized = x.data.map((value, i) => value * sizes[(i >> 5) % sizes.length]);
    return { x: hostTensor(sized, [m, k]), w: quantizeBlocks(type, random([n, k], seed + 1)) };
  });

  it('are those of the widened values, within the bound', () => fc.assert(fc.asyncProperty(cases, async ({ x, w }) => {
    expect(farthest(await product(backends[0], x, w), x, w)).toBeLessThan(1);
  }), { numRuns: 60 }));

  it('have the same bits for any number of rows and of threads', () => fc.assert(fc.asyncProperty(cases, async ({ x, w }) => {
    const [m, k] = x.shape;
    const [alone, two] = await Promise.all(backends.map((b) => product(b, x, w)));
    expect(two.data).toEqual(alone.data);
    for (let rows = 1; rows < m; rows += rows < 5 ? 1 : 6) {
      const last = hostTensor(x.data.slice((m - rows) * k), [rows, k]);
      const { data } = await product(backends[0], last, w);
      expect(data).toEqual(alone.data.slice(-data.length));
    }
  }), { numRuns: 30 }));

  it('of a row with a value that is not finite are not finite, and others as they were', () => fc.assert(fc.asyncProperty(
    cases, fc.constantFrom(NaN, Infinity, -Infinity), fc.nat(), async ({ x, w }, value, place) => {
      const [n, k] = w.shape;
      const at = place % x.data.length;
      const before = (await product(backends[0], x, w)).data;
      const { data } = await product(backends[0], hostTensor(x.data.with(at, value), x.shape), w);
      for (let i = 0; i < data.length; i++) {
        if (Math.floor(i / n) === Math.floor(at / k)) expect(data[i]).not.toSatisfy(Number.isFinite);
        else expect(data[i]).toBe(before[i]);
      }
    }), { numRuns: 40 }));

  it.each(BLOCK_TYPES)('of zeros are the bias: %s', async (type) => {
    const bias = random([13], 3);
    const weights = quantizeBlocks(type, random([13, 256], 5));
    const { data } = await product(backends[0], hostZeros([2, 256]), weights, bias);
    expect(data).toEqual(Float32Array.of(...bias.data, ...bias.data));
    const none = quantizeBlocks(type, hostZeros([13, 256]));
    expect((await product(backends[0], random([1, 256], 4), none, bias)).data).toEqual(new Float32Array(bias.data));
  });

  it.each([['q8_0', 0], ['q4_0', 0], ['q4_k', 0], ['q4_k', 5]] as const)('are not those of %s with another byte %d in a scale', async (type, byte) => {
    const [x, w] = [random([5, 512], 1), quantizeBlocks(type, random([9, 512], 2))];
    const blocks = w.blocks.slice();
    blocks[blocks.length - BLOCK_FORMATS[type].bytes + byte] ^= 0x10;
    expect(farthest(await product(backends[0], x, { ...w, blocks }), x, w)).toBeGreaterThan(1);
  });

  it('of many tasks, rows and columns: every type', async () => {
    for (const type of BLOCK_TYPES) {
      const [x, w] = [random([270, 256], 1), quantizeBlocks(type, random([150, 256], 2))];
      const [alone, two] = await Promise.all(backends.map((b) => product(b, x, w)));
      expect(two.data).toEqual(alone.data);
      const last = hostTensor(alone.data.slice(-2 * 150), [2, 150]);
      expect(farthest(last, hostTensor(x.data.slice(-2 * 256), [2, 256]), w)).toBeLessThan(1);
    }
  });
});

describe.each(BLOCK_TYPES)('a matrix of %s', (type) => {
  it('is widened to the bit, whatever its bytes', async () => {
    const b = await wasmBackend({ threads: 1 });
    const matrix = noise(type, [64, 512]);
    const [got, want] = [(await b.read(b.upload(matrix))).data, widened(matrix).data];
    expect(got.findIndex((value, i) => !Object.is(value, want[i]))).toBe(-1);
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
