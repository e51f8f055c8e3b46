/** A device that goes away, has no room or refuses a kernel: the next read says so, nothing hangs, and no file is left behind. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebgpuBackend } from '../../backends/webgpu/backend.ts';
import { WebgpuDevice } from '../../backends/webgpu/device.ts';
import { webgpuBackend } from '../../backends/webgpu/index.ts';
import type { Tensor } from '../../src/backend/backend.ts';
import { DeviceError } from '../../src/backend/device-error.ts';
import { findAdapter } from '../../src/backend/webgpu-adapter.ts';
import { makeBackend } from '../../src/backends.ts';
import { MemoryError, UnsupportedError } from '../../src/errors.ts';
import { hostZeros } from '../../src/array/host.ts';
import { random } from '../backend/arrays.ts';
import { runHere } from '../cli/run.ts';

type RequestDevice = (this: object, ...args: unknown[]) => Promise<GPUDevice>;

await findAdapter(); // for the globals

describe('a WebGPU device', () => {
  const devices: GPUDevice[] = [];
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'infinitystar-'));
    const { prototype } = (globalThis as unknown as { GPUAdapter: { prototype: { requestDevice: RequestDevice } } }).GPUAdapter;
    const requestDevice = Reflect.get(prototype, 'requestDevice');
    vi.spyOn(prototype, 'requestDevice').mockImplementation(async function (this: object, ...args) {
      const device = await requestDevice.apply(this, args);
      devices.push(device);
      return device;
    });
  });

  afterEach(() => {
    for (const device of devices.splice(0)) device.destroy();
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });

  it('that is lost fails the next read and all after it', async () => {
    const b = await webgpuBackend();
    const x = b.upload(random([5]));
    await b.read(x);
    devices[0].destroy();
    await expect(b.read(b.add(x, x))).rejects.toThrow(DeviceError);
    await expect(b.read(b.upload(random([5])))).rejects.toThrow(/the webgpu device \(.+\) was lost/);
    await b.close();
  });

  it('that is lost while a read waits fails it', async () => {
    const b = await webgpuBackend();
    const x = b.upload(random([256, 256]));
    let y = x;
    for (let i = 0; i < 20; i++) y = b.matmul(y, x);
    const reading = expect(b.read(y)).rejects.toThrow(/the webgpu device \(.+\) was lost/);
    devices[0].destroy();
    await reading;
  });

  it('that is lost ends a command with one line and without its file', async () => {
    const running = runHere('generate', '--image-only', '--backend', 'webgpu', '--out', join(folder, 'picture.png'));
    await vi.waitUntil(() => devices.length > 0, { timeout: 60_000 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    devices[0].destroy();
    const { code, stderr } = await running;
    expect(code).toBe(1);
    expect(stderr.trim().split('\n').filter((line) => line.startsWith('error'))).toEqual([expect.stringMatching(/webgpu.* lost/)]);
    expect(stderr).not.toMatch(/\n +at /);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that has no room says for which tensor', async () => {
    const b = await webgpuBackend();
    const x = b.upload(random([5]));
    await b.read(x);
    const popErrorScope = devices[0].popErrorScope.bind(devices[0]);
    devices[0].popErrorScope = async () => {
      await popErrorScope();
      return { message: 'no room for a buffer' };
    };
    const y = b.scope('stage', async (b) => b.affine(b.concat(new Array<Tensor>(16).fill(x), 0), 2));
    const problem = /is out of memory: concat \[80\] in stage 'stage' \(320 bytes.*no room for a buffer/;
    await expect(y.then((y) => b.read(y))).rejects.toThrow(problem);
  });

  it('that answers no more fails the read, with what it was at, and all after it', async () => {
    const { adapter, name, software } = await findAdapter();
    const device = await adapter.requestDevice();
    const b = new WebgpuBackend(new WebgpuDevice(device, name, software, { patience: 300 }));
    const x = b.upload(random([5]));
    await b.read(b.add(x, x));
    const never = new Promise<never>(() => undefined);
    device.queue.onSubmittedWorkDone = () => never;
    const { prototype } = (globalThis as unknown as { GPUBuffer: { prototype: GPUBuffer } }).GPUBuffer;
    vi.spyOn(prototype, 'mapAsync').mockImplementation(() => never);
    const problem = /^the webgpu device has not answered for 0 s, in a batch up to affine \[5\] in stage 'stage'$/;
    await expect(b.scope('stage', async (b) => b.read(b.affine(x, 2)))).rejects.toThrow(problem);
    await expect(b.read(x)).rejects.toThrow(problem);
    await expect(b.read(x)).rejects.toThrow(DeviceError);
  });

  it('gets long work in several submits', async () => {
    const b = await webgpuBackend();
    const device = devices[0];
    const submit = vi.spyOn(device.queue, 'submit').mockImplementation(() => undefined); // as if it were a fast card
    const x = b.upload(hostZeros([4096, 4096]));
    for (let i = 0; i < 3; i++) b.free(b.matmul(x, x)); // 69 billion multiplications each
    await vi.waitUntil(() => submit.mock.calls.length === 3, { timeout: 20_000 });
    await b.close();
  });

  it('that reports an error to nobody fails the next read with it', async () => {
    const b = await webgpuBackend();
    const x = b.upload(random([5]));
    await b.read(x);
    devices[0].dispatchEvent(Object.assign(new Event('uncapturederror'), { error: new Error('it is broken') }));
    await expect(b.read(b.add(x, x))).rejects.toThrow(/the webgpu device .* failed: it is broken/);
  });

  it('refuses a tensor above its limits at the call, before anything is computed', async () => {
    const b = await webgpuBackend();
    const x = b.upload(hostZeros([65536, 1]));
    const act = (): unknown => b.expand(x, [65536, 262144]);
    expect(act).toThrow(MemoryError);
    const problem = /^expand \[65536, 262144\] on webgpu \(.+\) needs 65536\.0 MiB; an array there has at most [\d.]+ MiB: ask/;
    expect(act).toThrow(problem);
    expect(b.counts.launches).toBe(0);
    await b.close();
  });

  it('that does not take a kernel says in which operation', async () => {
    const b = await webgpuBackend();
    const createShaderModule = devices[0].createShaderModule.bind(devices[0]);
    devices[0].createShaderModule = ({ code }) => createShaderModule({ code: code.replace('y[to] =', 'z[to] =') });
    const y = b.scope('stage', async (b) => b.affine(b.upload(random([2, 3])), 2));
    await expect(y.then((y) => b.read(y))).rejects.toThrow(/^affine \[2, 3\] in stage 'stage': its kernel does not compile/);
    await b.close();
  });

  it('in software is not chosen by itself, and named', async () => {
    if (!(await findAdapter()).software) return;
    await expect(webgpuBackend({ software: false })).rejects.toThrow(UnsupportedError);
    const lines: string[] = [];
    const b = await makeBackend('auto', { onChoice: (line) => lines.push(line) });
    expect(b.name).toBe('wasm');
    expect(lines.at(-1)).toMatch(/^the backend wasm computes: WebGPU would compute in software here \(.*swiftshader.*\)/i);
    await b.close();
  });
});
