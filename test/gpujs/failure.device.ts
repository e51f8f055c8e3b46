/** A WebGPU device that goes away or has no room: the next read says so, nothing hangs, and no file is left behind. */

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { reportOf } from '../../backends/gpujs/choose.ts';
import { DeviceError, gpujsBackend } from '../../backends/gpujs/index.ts';
import { runHere } from '../cli/run.ts';
import { random } from '../backend/arrays.ts';

/** What the tests use of WebGPU. */
interface Device extends EventTarget {
  destroy(): void;
  createBuffer(descriptor: { readonly size: number }): unknown;
}

interface Adapter {
  readonly requestDevice: (this: object, ...args: unknown[]) => Promise<Device>;
}

const { runs } = await reportOf('webgpu');

describe.skipIf(!runs)('a WebGPU device', () => {
  const devices: Device[] = [];
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'infinitystar-'));
    const { prototype } = (globalThis as unknown as { GPUAdapter: { prototype: Adapter } }).GPUAdapter;
    const requestDevice = Reflect.get<Adapter, 'requestDevice'>(prototype, 'requestDevice');
    vi.spyOn(prototype, 'requestDevice').mockImplementation(async function (this: object, ...args) {
      const device = await requestDevice.apply(this, args);
      devices.push(device);
      return device;
    });
  });

  /** The next test gets a device of its own. */
  afterEach(() => {
    for (const device of devices.splice(0)) device.destroy();
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });

  it('that is lost fails the next read', async () => {
    const b = await gpujsBackend({ gpu: 'webgpu' });
    const x = b.upload(random([5]));
    await b.read(x);
    devices[0].destroy();
    const reading = b.read(b.add(x, x));
    await expect(reading).rejects.toThrow(DeviceError);
    await expect(reading).rejects.toThrow(/webgpu.* lost/);
    await expect(b.read(b.upload(random([5])))).rejects.toThrow(DeviceError); // and every later one
    await b.close();
  });

  it('that is lost ends a command with one line and without its file', async () => {
    const running = runHere('generate', '--image-only', '--gpu', 'webgpu', '--out', join(folder, 'picture.png'));
    await vi.waitUntil(() => devices.length > 0, { timeout: 60_000 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    devices[0].destroy();
    const { code, stderr } = await running;
    expect(code).toBe(1);
    expect(stderr.trim().split('\n').filter((line) => line.startsWith('error'))).toEqual([expect.stringMatching(/webgpu.* lost/)]);
    expect(stderr).not.toMatch(/\n +at /);
    expect(readdirSync(folder)).toEqual([]);
    expect(existsSync('out.png')).toBe(false);
  });

  it('that has no room for a buffer says so, and of which tensor', async () => {
    const b = await gpujsBackend({ gpu: 'webgpu' });
    const x = b.upload(random([5]));
    await b.read(x);
    devices[0].createBuffer = () => {
      throw new RangeError('createBuffer failed, size (20) is too large');
    };
    const reading = b.scope('stage', async (b) => b.read(b.add(x, x)));
    await expect(reading).rejects.toThrow(DeviceError);
    await expect(reading).rejects.toThrow("elementwise [5] in stage 'stage' on gpujs (webgpu) failed: createBuffer failed, size (20) is too large");
  });

  it('that reports an error to nobody fails the next read with it', async () => {
    const b = await gpujsBackend({ gpu: 'webgpu' });
    const x = b.upload(random([5]));
    await b.read(x);
    const event = Object.assign(new Event('uncapturederror'), { error: new GPUOutOfMemoryError('no room for 64 MiB') });
    devices[0].dispatchEvent(event);
    await expect(b.read(b.add(x, x))).rejects.toThrow('the webgpu device is out of memory: no room for 64 MiB');
  });
});

/** As browsers call the class of such errors. */
class GPUOutOfMemoryError extends Error {}
