/** What the backend promises besides its results: limits, counts, memory, refusals. */

import { describe, expect, it, vi } from 'vitest';
import { chooseMode } from '../../backends/gpujs/choose.ts';
import { gpujsBackend } from '../../backends/gpujs/index.ts';
import { AWKWARD, checkSinglePrecision } from '../../backends/gpujs/precision.ts';
import type { HostTensor } from '../../src/array/host.ts';
import { hostTensor, hostZeros } from '../../src/array/host.ts';
import type { Backend, Tensor } from '../../src/backend/backend.ts';
import { Forwarding } from '../../src/backend/forwarding.ts';
import { isSoftwareAdapter } from '../../src/backend/software-adapter.ts';
import { makeBackend } from '../../src/backends.ts';
import { ArgumentError, UnsupportedError } from '../../src/errors.ts';
import { random } from '../backend/arrays.ts';

/** A little of everything, its inputs uploaded. */
async function work(b: Backend, length: number): Promise<HostTensor> {
  return b.scope('work', async (inner) => {
    const x = inner.upload(random([length, 16]));
    const y = inner.softmax(inner.matmul(x, x, { transposeB: true }));
    return inner.read(inner.sum(inner.concat([y, inner.affine(y, 2)], 0), [0]));
  });
}

describe('gpujs counts', () => {
  it('compiles a kernel once, whatever the shapes (cpu)', async () => {
    const b = await gpujsBackend({ gpu: 'cpu' });
    await work(b, 5);
    const { compilations } = b.counts;
    await work(b, 90);
    expect(b.counts.compilations).toBe(compilations);
  });

  it('compiles once for a class of lengths (webasm)', async () => {
    const b = await gpujsBackend({ gpu: 'webasm' });
    await work(b, 40);
    const { compilations } = b.counts;
    await work(b, 40);
    await work(b, 42);
    expect(b.counts.compilations).toBe(compilations);
    await work(b, 90);
    expect(b.counts.compilations).toBeGreaterThan(compilations);
  });

  it('moves uploads in and reads out, and nothing else', async () => {
    const b = await gpujsBackend({ gpu: 'webasm' });
    const before = b.counts;
    await work(b, 32);
    expect(b.counts.uploadedBytes - before.uploadedBytes).toBe(32 * 16 * 4);
    expect(b.counts.readBytes - before.readBytes).toBe(32 * 4);
  });

  it('holds as many arrays after a scope as before', async () => {
    const b = await gpujsBackend({ gpu: 'webasm' });
    await work(b, 32);
    const { arrays, bytes } = b.counts;
    for (let i = 0; i < 5; i++) await work(b, 32 + i);
    await b.read(b.upload(hostZeros([1]))); // what the scopes freed is freed before this
    expect(b.counts.arrays).toBeLessThanOrEqual(arrays + 1);
    expect(b.counts.bytes).toBeLessThanOrEqual(bytes + 64 * 4);
  });
});

describe('gpujs limits', () => {
  it('refuses more elements than single-precision indices reach, before a kernel runs', async () => {
    const b = await gpujsBackend({ gpu: 'cpu' });
    const { launches } = b.counts;
    const x = b.upload(hostZeros([4096, 1]));
    const act = (): Tensor => b.expand(x, [4096, 4097]);
    expect(act).toThrow(UnsupportedError);
    expect(act).toThrow('copy [4096, 4097] on gpujs (cpu) needs 16781312 elements; at most 16777216 are possible there (indices in single precision)',
    );
    expect(b.counts.launches).toBe(launches);
  });

  it('fails the reads that wait when it is closed', async () => {
    const b = await gpujsBackend({ gpu: 'webasm' });
    const x = b.upload(random([3]));
    const waiting = expect(b.read(b.add(x, x))).rejects.toThrow('the webasm device was closed');
    await b.close();
    await waiting;
  });
});

describe('gpujs precision', () => {
  /** Values as they come back from gpu.js in `unsigned` precision: with 16 bits of mantissa. */
  class Packed extends Forwarding {
    override async read(x: Tensor): Promise<HostTensor> {
      const { data, shape } = await this.inner.read(x);
      return hostTensor(data.map((value) => Number(value.toPrecision(5))), shape);
    }
  }

  it('accepts a device that keeps every bit', async () => {
    const b = await gpujsBackend({ gpu: 'webasm' });
    await expect(checkSinglePrecision(b)).resolves.toBeUndefined();
    expect(AWKWARD.every((value) => Number.isFinite(value))).toBe(true);
  });

  it('refuses one that does not', async () => {
    const packed = new Packed(await gpujsBackend({ gpu: 'cpu' }));
    await expect(checkSinglePrecision(packed)).rejects.toThrow(/does not keep single precision: 0\.333\d* became 0\.33333/);
  });
});

describe('an adapter in software', () => {
  it.each([
    'google swiftshader SwiftShader driver 5.0.0', 'mesa llvmpipe (LLVM 15.0.6, 256 bits)', 'Microsoft Basic Render Driver',
    'ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)', 'Apple Software Renderer',
  ])('is known by its name: %s', (name) => expect(isSoftwareAdapter(name)).toBe(true));

  it.each(['nvidia hopper NVIDIA H200', 'apple metal-3', 'intel gen-12lp', 'amd rdna-3 Radeon RX 7900', 'unnamed adapter'])(
    'is not taken for one: %s', (name) => expect(isSoftwareAdapter(name)).toBe(false),
  );

  it.each([
    ['by its name', { info: { vendor: 'google', architecture: 'swiftshader' } }],
    ['by what it says', { info: { vendor: 'somebody' }, isFallbackAdapter: true }],
  ])('is never chosen, but taken when asked for: %s', async (_, adapter) => {
    const limits = { maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 28 };
    const gpu = { requestAdapter: () => Promise.resolve({ ...adapter, limits }) };
    vi.stubGlobal('navigator', { gpu });
    try {
      const choice = await chooseMode('auto');
      expect(choice.mode).not.toBe('webgpu');
      expect(choice.why).toMatch(/; not webgpu: .*, in software/);
      expect((await chooseMode('webgpu')).mode).toBe('webgpu');
      Object.assign(adapter, { info: { vendor: 'nvidia' }, isFallbackAdapter: false });
      expect((await chooseMode('auto')).mode).toBe('webgpu');
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

describe('choosing gpujs', () => {
  it('says what computes, and why nothing better does', async () => {
    const lines: string[] = [];
    const b = await makeBackend('gpujs', { gpu: 'auto', onChoice: (line) => lines.push(line) });
    expect(b.name).toBe('gpujs');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^gpu\.js computes with \w+ \(.+\)/);
    if (lines[0].includes('webasm')) expect(lines[0]).toMatch(/not webgpu: .*; not webgl2: .*; not headlessgl: /);
  });

  it('says why a mode does not run', async () => {
    await expect(makeBackend('gpujs', { gpu: 'webgl2' })).rejects.toThrow('gpu.js cannot compute here; not webgl2: no WebGL 2');
  });

  it('refuses a mode for another backend', async () => {
    await expect(makeBackend('reference', { gpu: 'cpu' })).rejects.toThrow(ArgumentError);
  });
});
