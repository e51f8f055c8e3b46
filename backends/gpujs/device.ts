/**
 * One gpu.js device: keeps arrays on it and runs launches in order.
 *
 * An array is whatever gpu.js passes from kernel to kernel: a texture (WebGL), a storage buffer (WebGPU), plain memory
 * (WebAssembly, JavaScript). It is uploaded once, and leaves the device only when it is read.
 */

import { GPU } from 'gpu.js';
import type { Shape } from '../../src/array/host.ts';
import { sizeOf } from '../../src/array/host.ts';
import { UnsupportedError } from '../../src/errors.ts';
import type { Tensor } from '../../src/backend/backend.ts';
import { DeviceError } from '../../src/backend/device-error.ts';
import { SharedArrays } from '../../src/backend/shared-arrays.ts';
import type { Share } from '../../src/backend/shared-arrays.ts';
import { CompiledKernels, inputOf } from './compiled-kernels.ts';
import type { Resident } from './compiled-kernels.ts';
import { SAME } from './kernels.generated.ts';
import type { Kernel } from './kernels/kernel.ts';
import type { ArrayLimit } from './limit.ts';
import { indexLimit } from './limit.ts';
import { onFailure, outOfMemory } from './loss.ts';
import type { GpuMode } from './modes.ts';
import { Queue } from './queue.ts';

/** Undefined until a job has made it. */
export type Storage = Share<Resident | undefined>;

/** What has happened on the device so far. */
export interface Counts {
  /** Kernels × shape classes. */
  readonly compilations: number;
  /** That the first launches took which compile; in the modes that compute at once, their computing too. */
  readonly compileSeconds: number;
  readonly launches: number;
  readonly uploads: number;
  readonly uploadedBytes: number;
  readonly reads: number;
  readonly readBytes: number;
  /** Arrays on the device now, and their bytes. */
  readonly arrays: number;
  readonly bytes: number;
}

export class GpuDevice {
  readonly name = 'gpujs';
  closed = false;
  readonly counts: { -readonly [key in keyof Counts]: number } = {
    compilations: 0, compileSeconds: 0, launches: 0, uploads: 0, uploadedBytes: 0, reads: 0, readBytes: 0, arrays: 0, bytes: 0,
  };

  private readonly gpu: GPU;
  private readonly queue = new Queue();
  private readonly kernels: CompiledKernels;
  private readonly arrays = new SharedArrays<Resident | undefined>((array) => this.queue.addRelease(() => this.end(array)));
  /** Whether arrays are plain memory. */
  private readonly onHost: boolean;
  private readonly onGl: boolean;
  private watchesLoss = false;

  constructor(
    readonly mode: GpuMode,
    private readonly limit: ArrayLimit = indexLimit,
  ) {
    this.onHost = mode === 'cpu' || mode === 'webasm';
    this.onGl = mode === 'webgl2' || mode === 'headlessgl';
    this.gpu = new GPU({ mode });
    this.kernels = new CompiledKernels(this.gpu, mode, this.counts);
  }

  upload(values: Float32Array, shape: Shape, stage = ''): Storage {
    const what = (): string => this.describe('upload', shape, stage);
    this.checkSize(what, shape);
    this.counts.uploads++;
    this.counts.uploadedBytes += values.byteLength;
    const copy = values.length > 0 ? values.slice() : new Float32Array(1); // there are no empty arrays
    return this.make(what, () => {
      if (this.onHost) return copy;
      const input = inputOf(copy, copy.length);
      return this.kernels.call('upload', { source: SAME.source, parameters: ['Input'] }, copy.length, [input]);
    });
  }

  /** The values of a tensor of this shape. @throws DeviceError if the device has failed meanwhile. */
  read(storage: Storage, shape: Shape, stage = ''): Promise<Float32Array> {
    const size = sizeOf(shape);
    this.counts.reads++;
    this.counts.readBytes += size * 4;
    return this.queue.result(async () => {
      if (size === 0) return new Float32Array(0);
      const { value } = storage.array;
      const values = await this.filled(() => this.describe('read', shape, stage), () => {
        if (this.onGl) return this.kernels.call('read', { source: SAME.source, parameters: [this.arrayType] }, size, [value!]);
        return value instanceof Float32Array ? value : value!.toArray();
      });
      this.checkAlive();
      return (values as Float32Array).slice(0, size);
    });
  }

  /** Runs a kernel for every element of `shape`; `args` in the order of its parameters, without the size. */
  run(kernel: Kernel, shape: Shape, tensors: readonly Storage[], numbers: readonly number[], stage = ''): Storage {
    const what = (): string => this.describe(kernel.name, shape, stage);
    this.checkSize(what, shape);
    this.counts.launches++;
    const size = sizeOf(shape);
    const room = this.kernels.roomFor(size);
    const types = kernel.parameters.map((parameter) => {
      return parameter === 'tensor' ? this.arrayType : parameter === 'integer' ? 'Integer' : 'Float';
    });
    return this.make(what, async () => {
      const arrays = this.kernels.asArguments(tensors.map(({ array }) => array.value!));
      const form = { source: kernel.source, parameters: types };
      const y = await this.kernels.call(kernel.name, form, room, [...arrays, size, ...numbers]);
      return y instanceof Float32Array && y.length > Math.max(size, 1) ? y.slice(0, Math.max(size, 1)) : y;
    });
  }

  share(storage: Storage): Storage {
    return this.arrays.share(storage);
  }

  release(storage: Storage): void {
    this.arrays.release(storage);
  }

  watch(tensor: Tensor, storage: Storage): void {
    this.arrays.watch(tensor, storage);
  }

  /** Drops what is enqueued, waits for what runs, and stops what gpu.js has started. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.queue.fail(this.failure('was closed'));
    await this.queue.result(() => undefined).catch(() => undefined);
    await this.gpu.destroy();
  }

  /** @param what is made, for errors. */
  private make(what: () => string, fill: () => unknown): Storage {
    const storage = this.arrays.make(undefined);
    this.queue.add(async () => {
      const value = await this.filled(what, fill);
      if (!this.watchesLoss) onFailure(value, (problem) => this.queue.fail(this.failure(problem)));
      this.watchesLoss = true;
      storage.array.value = value;
      this.counts.arrays++;
      this.counts.bytes += bytesOf(storage.array.value);
    });
    return storage;
  }

  private end(array: { value: Resident | undefined }): void {
    if (array.value === undefined) return; // never made, for something has failed before
    this.counts.arrays--;
    this.counts.bytes -= bytesOf(array.value);
    if (!(array.value instanceof Float32Array)) array.value.delete();
    array.value = undefined;
  }

  private async filled(what: () => string, fill: () => unknown): Promise<Resident> {
    try {
      return (await fill()) as Resident;
    } catch (error) {
      this.checkAlive();
      throw new DeviceError(`${what()} failed: ${messageOf(error)}`, { cause: error });
    }
  }

  private get arrayType(): string {
    if (this.mode === 'webasm') return 'Input';
    return this.onGl ? 'ArrayTexture(1)' : 'Array';
  }

  private checkSize(what: () => string, shape: Shape): void {
    const [size, { elements, of }] = [sizeOf(shape), this.limit];
    if (size <= elements) return;
    throw new UnsupportedError(`${what()} needs ${size} elements; at most ${elements} are possible there (${of})`);
  }

  private checkAlive(): void {
    if (!this.onGl) return;
    const context = this.gpu.context as WebGL2RenderingContext | null;
    if (context?.isContextLost()) throw this.failure('was lost: values on it are gone');
    if (context && outOfMemory(context)) throw this.failure('is out of memory');
  }

  private failure(problem: string): DeviceError {
    return new DeviceError(`the ${this.mode} device ${problem}`);
  }

  private describe(operation: string, shape: Shape, stage: string): string {
    return `${operation} [${shape.join(', ')}]${stage && ` in stage '${stage}'`} on gpujs (${this.mode})`;
  }
}

function bytesOf(value: Resident): number {
  if (value instanceof Float32Array) return value.byteLength;
  const { output } = value as unknown as { readonly output: ArrayLike<number> };
  return output[0] * 4;
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0];
}
