/** Threads change nothing but the time; when one dies, that is an error. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cgroupQuota } from '../../backends/wasm/cgroup.ts';
import { Device } from '../../backends/wasm/device.ts';
import { WasmBackend, wasmBackend } from '../../backends/wasm/index.ts';
import { processors } from '../../backends/wasm/threads.ts';
import { hostZeros } from '../../src/array/host.ts';
import { Scope } from '../../src/backend/ownership.ts';
import { ArgumentError, UnsupportedError } from '../../src/errors.ts';
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

/** Also more than there are processors. */
async function onThreads(threads: number): Promise<WasmBackend> {
  const device = new Device();
  await device.addThreads(threads);
  return new WasmBackend(device, Scope.root(device));
}

async function bytesOf(b: Backend, x: Tensor): Promise<Buffer> {
  return Buffer.from((await b.read(x)).data.buffer);
}

describe('threads', () => {
  const backends: WasmBackend[] = [];
  beforeAll(async () => {
    for (const threads of [1, 2, 3]) backends.push(await onThreads(threads));
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
  const b = await onThreads(2);
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
  const b = await onThreads(2);
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

it('starts no more threads than can run at once, and says so', async () => {
  const lines: string[] = [];
  const most = await processors();
  const b = await wasmBackend({ threads: 5000, onChoice: (line) => lines.push(line) });
  expect((Reflect.get(b, 'device') as Device).threadCount).toBe(most);
  expect(lines).toEqual([`${most} thread${most === 1 ? '' : 's'}, not 5000: no more can run at once here`]);
  await b.close();
});

it('says in words that threads cannot be started, and leaves none', async () => {
  const device = new Device();
  Reflect.set(device, 'module', undefined); // what a worker cannot begin with
  await expect(device.addThreads(3)).rejects.toThrow(UnsupportedError);
  expect(device.threadCount).toBe(1);
});

describe('the quota of a container', () => {
  const quota = (files: Readonly<Record<string, string>>): number => cgroupQuota((path) => files[path]);

  it('is that of version 2, the least on the way up', () => {
    expect(quota({})).toBe(Infinity);
    expect(quota({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': 'max 100000\n' })).toBe(Infinity);
    expect(quota({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '150000 100000\n' })).toBe(1.5);
    expect(quota({
      '/proc/self/cgroup': '0::/pods/one\n',
      '/sys/fs/cgroup/pods/one/cpu.max': '400000 100000\n',
      '/sys/fs/cgroup/pods/cpu.max': '300000 100000\n',
    })).toBe(3);
  });

  it('is that of version 1', () => {
    const group = '12:cpuset:/\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n';
    const own = { '/proc/self/cgroup': group, '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '200000\n', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n' };
    expect(quota(own)).toBe(2);
    expect(quota({ ...own, '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n' })).toBe(Infinity);
  });
});
