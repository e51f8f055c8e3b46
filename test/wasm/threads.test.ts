/** Threads change nothing but the time; when one dies, that is an error. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WasmBackend, wasmBackend } from '../../backends/wasm/index.ts';
import { hostZeros } from '../../src/array/host.ts';
import { ArgumentError } from '../../src/errors.ts';
import type { Backend, Tensor } from '../../src/backend/backend.ts';
import { random } from '../backend/arrays.ts';

/** Large enough that workers take part. */
const CASES: Readonly<Record<string, (b: Backend, up: (shape: number[]) => Tensor) => Tensor>> = {
  'product of many rows': (b, up) => b.matmul(up([130, 300]), up([300, 201]), { bias: up([201]) }),
  'product of few rows': (b, up) => b.matmul(up([9, 700]), up([301, 700]), { transposeB: true }),
  'product of few rows, not transposed': (b, up) => b.matmul(up([3, 11, 301]), up([3, 301, 270])),
  convolution: (b, up) => b.conv3d(up([1, 20, 4, 33, 29]), up([19, 20, 3, 5, 3]), up([19])),
  'convolution of 3×3 in space': (b, up) => b.conv3d(up([2, 20, 4, 33, 29]), up([19, 20, 3, 3, 3]), up([19])),
  'gradient of a weight': (b, up) => b.conv3dWeightGradient(up([2, 9, 4, 33, 29]), up([2, 10, 2, 33, 29]), [3, 3, 3]),
  softmax: (b, up) => b.softmax(up([500, 301])),
  'norm of channels': (b, up) => b.l2Normalize(up([1, 33, 3, 50, 51]), 1, up([33])),
  broadcasting: (b, up) => b.div(up([1, 40, 70, 81]), up([40, 1, 81])),
  gelu: (b, up) => b.map('gelu', up([300_001])),
  sum: (b, up) => b.sum(up([70, 80, 90]), [1]),
  permute: (b, up) => b.permute(up([30, 40, 50, 7]), [3, 1, 0, 2]),
  rotary: (b, up) => b.rotary(up([9, 400, 66]), up([2, 400, 33])),
  resize: (b, up) => b.resize(up([1, 16, 16, 40, 41]), [64, 51, 30], 'trilinear'),
};

async function bytesOf(b: Backend, x: Tensor): Promise<Buffer> {
  return Buffer.from((await b.read(x)).data.buffer);
}

describe('threads', () => {
  const backends: WasmBackend[] = [];
  beforeAll(async () => {
    for (const threads of [1, 2, 3]) backends.push(await wasmBackend({ threads }));
  });
  afterAll(() => Promise.all(backends.map((b) => b.close())));

  it.each(Object.entries(CASES))('give the same bits: %s', async (_name, run) => {
    const results = await Promise.all(backends.map(async (b) => {
      let seed = 1;
      return bytesOf(b, run(b, (shape) => b.upload(random(shape, seed++))));
    }));
    expect(results.map((bytes) => bytes.equals(results[0]))).toEqual([true, true, true]);
  });
});

it('lets no upload overtake the jobs that read what was there', async () => {
  const b = await wasmBackend({ threads: 2 });
  const shape = [300, 1000];
  const want = await bytesOf(b, b.map('gelu', b.upload(random(shape))));
  for (let i = 0; i < 20; i++) {
    const x = b.upload(random(shape));
    const y = b.map('gelu', x);
    b.free(x);
    const other = b.upload(hostZeros(shape)); // in the same place
    expect((await bytesOf(b, y)).equals(want)).toBe(true);
    b.free([y, other]);
  }
  await b.close();
});

it('lets no table overtake the jobs that read another', async () => {
  const b = await wasmBackend({ threads: 2 });
  const x = b.upload(random([200, 700]));
  const results = Array.from({ length: 40 }, (_, i) => b.take(b.softmax(x), Int32Array.of(i, 3 * i)));
  const all = await bytesOf(b, b.softmax(x));
  for (const [i, y] of results.entries()) {
    const row = (number: number): Buffer => all.subarray(2800 * number, 2800 * (number + 1));
    expect((await bytesOf(b, y)).equals(Buffer.concat([row(i), row(3 * i)]))).toBe(true);
  }
  await b.close();
});

it('refuses a number of threads that is none', async () => {
  await expect(wasmBackend({ threads: 0 })).rejects.toThrow(ArgumentError);
  await expect(wasmBackend({ threads: 1.5 })).rejects.toThrow(/threads: expected an integer from 1/);
});
