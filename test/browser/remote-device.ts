/** A device of gpu.js that computes in a page (device-host.ts), for a backend in Node. */

import { join } from 'node:path';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import type { Counts, GpuDevice, Storage } from '../../backends/gpujs/device.ts';
import type { Kernel } from '../../backends/gpujs/kernels/kernel.ts';
import type { GpuMode } from '../../backends/gpujs/modes.ts';
import type { Shape } from '../../src/array/host.ts';
import { kernels } from './kernels.ts';
import type { Message } from './messages.ts';
import { decode, encode } from './messages.ts';

const names = new Map(Object.entries(kernels).map(([name, kernel]) => [kernel, name]));

/** An array by its number. */
interface Remote {
  readonly id: number;
  watched: boolean;
}

/** Calls are sent when something is read; arrays outside of all scopes stay until the page is closed. */
export class RemoteDevice {
  readonly name = 'gpujs';
  private waiting: Message[] = [];
  private last = 0;

  private constructor(
    private readonly page: Page,
    readonly mode: GpuMode,
  ) {}

  /** @param page of a server, for WebGPU is for secure places only. */
  static async open(page: Page, mode: GpuMode): Promise<RemoteDevice> {
    const { outputFiles } = await build({
      entryPoints: [join(import.meta.dirname, 'device-host.ts')], bundle: true, write: false, format: 'iife',
      globalName: 'deviceHost', platform: 'browser', target: 'es2022', logLevel: 'silent',
    });
    await page.addScriptTag({ content: outputFiles[0].text });
    await page.evaluate(`deviceHost.open('${mode}')`);
    return new RemoteDevice(page, mode);
  }

  /** As the backend takes it. */
  get device(): GpuDevice {
    return this as unknown as GpuDevice;
  }

  counts(): Promise<Counts> {
    return this.page.evaluate<Counts>('deviceHost.counts()');
  }

  upload(values: Float32Array, shape: Shape): Storage {
    return this.make((id) => ({ call: 'upload', id, values: encode(values), shape }));
  }

  run(kernel: Kernel, shape: Shape, tensors: readonly Storage[], numbers: readonly number[]): Storage {
    const ids = tensors.map((tensor) => idOf(tensor));
    return this.make((id) => ({ call: 'run', id, kernel: names.get(kernel)!, shape, tensors: ids, numbers }));
  }

  share(storage: Storage): Storage {
    return this.make((id) => ({ call: 'share', id, from: idOf(storage) }));
  }

  release(storage: Storage): void {
    this.waiting.push({ call: 'release', id: idOf(storage) });
  }

  async read(storage: Storage, shape: Shape): Promise<Float32Array> {
    const messages: Message[] = [...this.waiting, { call: 'read', id: idOf(storage), shape }];
    this.waiting = [];
    return decode(await this.page.evaluate<string>(`deviceHost.apply(${JSON.stringify(messages)})`));
  }

  watch(_tensor: unknown, storage: Storage): void {
    storage.watched = true;
  }

  private make(message: (id: number) => Message): Storage {
    const storage: Remote = { id: ++this.last, watched: false };
    this.waiting.push(message(storage.id));
    return storage as unknown as Storage;
  }
}

function idOf(storage: Storage): number {
  return (storage as unknown as Remote).id;
}
