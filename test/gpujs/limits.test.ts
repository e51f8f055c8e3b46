/** What a device has no room for is refused at the call, before a kernel runs, with the name of the tensor. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GpujsBackend } from '../../backends/gpujs/backend.ts';
import { GpuDevice } from '../../backends/gpujs/device.ts';
import { gpujsBackend } from '../../backends/gpujs/index.ts';
import { bufferLimit, indexLimit, smaller, textureLimit } from '../../backends/gpujs/limit.ts';
import type { ArrayLimit } from '../../backends/gpujs/limit.ts';
import { hostZeros } from '../../src/array/host.ts';
import type { Backend, Tensor } from '../../src/backend/backend.ts';
import { ArgumentError, UnsupportedError } from '../../src/errors.ts';
import { loadModel } from '../../src/model/load.ts';

const toy = join(import.meta.dirname, '../../fixtures/models/toy');

function limited(limit: ArrayLimit): GpujsBackend {
  return new GpujsBackend(new GpuDevice('cpu', limit));
}

/** The refusal of `act`, and how many kernels ran before it. */
async function refusal(b: GpujsBackend, act: (b: Backend) => Tensor): Promise<{ message: string; launches: number }> {
  const { launches } = b.counts;
  const caught: unknown = await b.scope('outer', (b) => b.scope('inner', async (b) => act(b))).catch((error: unknown) => error);
  expect(caught).toBeInstanceOf(UnsupportedError);
  expect(caught).not.toBeInstanceOf(ArgumentError);
  return { message: (caught as Error).message, launches: b.counts.launches - launches };
}

describe('gpujs limits', () => {
  it('are those of indices in single precision', async () => {
    const b = await gpujsBackend({ gpu: 'cpu' });
    const x = b.upload(hostZeros([4096, 1]));
    const { message, launches } = await refusal(b, (b) => b.expand(x, [4096, 4097]));
    expect(message).toBe(
      "copy [4096, 4097] in stage 'outer/inner' on gpujs (cpu) needs 16781312 elements; at most 16777216 are possible there "
      + '(indices in single precision)',
    );
    expect(launches).toBe(0);
  });

  it('are those of textures, one element a texel', async () => {
    const b = limited(textureLimit(8));
    const x = b.upload(hostZeros([8, 8]));
    const { message, launches } = await refusal(b, (b) => b.concat([x, b.upload(hostZeros([1, 8]))], 0));
    expect(message).toBe(
      "concat [9, 8] in stage 'outer/inner' on gpujs (cpu) needs 72 elements; at most 64 are possible there (textures up to 8×8)",
    );
    expect(launches).toBe(0);
  });

  it('are those of buffers, for uploads too', async () => {
    const b = limited(bufferLimit(2 ** 20));
    const { message } = await refusal(b, (b) => b.upload(hostZeros([2, 2 ** 18])));
    expect(message).toBe(
      "upload [2, 262144] in stage 'outer/inner' on gpujs (cpu) needs 524288 elements; at most 262144 are possible there "
      + '(buffers up to 1 MiB)',
    );
  });

  it('hold for what an operation makes on the way', async () => {
    const b = limited(textureLimit(16));
    const [x, w] = [b.upload(hostZeros([1, 1, 3, 8, 8])), b.upload(hostZeros([1, 1, 3, 3, 3]))];
    const { message, launches } = await refusal(b, (b) => b.conv3d(x, w)); // with a border of zeros, 3 × 10 × 10
    expect(message).toMatch(/^conv3d \[1, 1, 3, 10, 10\] in stage 'outer\/inner' .* needs 300 elements; at most 256 /);
    expect(launches).toBe(0);
  });

  it('name the weight that is too large', async () => {
    const opening = loadModel(toy, limited(textureLimit(16)));
    await expect(opening).rejects.toThrow(UnsupportedError);
    await expect(opening).rejects.toThrow(/^weight '[\w.]+': upload \[.*\] on gpujs \(cpu\) needs \d+ elements; at most 256 /);
  });

  it('take the smaller one', () => {
    expect(smaller(indexLimit, textureLimit(16384))).toBe(indexLimit);
    expect(smaller(indexLimit, textureLimit(2048)).elements).toBe(2 ** 22);
    expect(smaller(indexLimit, bufferLimit(2 ** 27))).toBe(indexLimit);
  });
});
