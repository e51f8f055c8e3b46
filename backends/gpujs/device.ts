/**
 * One gpu.js device: keeps arrays on it, compiles every kernel once per shape class and runs launches in order.
 *
 * An array is whatever gpu.js passes from kernel to kernel: a texture (WebGL), a storage buffer (WebGPU), plain memory
 * (WebAssembly, JavaScript). It is uploaded once, and leaves the device only when it is read.
 */

import { GPU, Input } from 'gpu.js';
import type { IKernelRunShortcut, IKernelSettings, KernelVariable } from 'gpu.js';
import type { Shape } from '../../src/array/host.ts';
import { sizeOf } from '../../src/array/host.ts';
import { InfinityStarError, UnsupportedError } from '../../src/errors.ts';
import type { Tensor } from '../../src/backend/backend.ts';
import { same } from './kernels/copy.ts';
import type { Kernel } from './kernels/kernel.ts';
import { QUOTIENT } from './kernels/kernel.ts';
import type { ArrayLimit } from './limit.ts';
import { indexLimit } from './limit.ts';
import { onFailure, outOfMemory } from './loss.ts';
import type { GpuMode } from './modes.ts';
import { Queue } from './queue.ts';

/** Modules that stay compiled in mode `webasm`: each has a memory, and Chromium has room for 125. */
const MOST_MODULES = 112;

/** A lost device, or one out of memory. */
export class DeviceError extends InfinityStarError {
  override readonly name: string = 'DeviceError';
}

/** What gpu.js hands from kernel to kernel. */
interface Handle {
  toArray(): unknown;
  delete(): void;
}

type Resident = Float32Array | Handle;

/** What one tensor holds of an array that reshaped tensors share. */
export interface Storage {
  readonly array: { value: Resident | undefined; tensors: number };
  /** Whether the garbage collector releases it. */
  watched: boolean;
}

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
  readonly counts: { -readonly [key in keyof Counts]: number } = {
    compilations: 0, compileSeconds: 0, launches: 0, uploads: 0, uploadedBytes: 0, reads: 0, readBytes: 0, arrays: 0, bytes: 0,
  };

  private readonly gpu: GPU;
  private readonly queue = new Queue();
  private readonly kernels = new Map<string, IKernelRunShortcut>();
  /** Kernels with their shape classes. */
  private readonly compiled = new Set<string>();
  private readonly collected = new FinalizationRegistry<Storage>((storage) => this.release(storage));
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
  }

  upload(values: Float32Array, shape: Shape, stage = ''): Storage {
    const what = (): string => this.describe('upload', shape, stage);
    this.checkSize(what, shape);
    this.counts.uploads++;
    this.counts.uploadedBytes += values.byteLength;
    const copy = values.length > 0 ? values.slice() : new Float32Array(1); // there are no empty arrays
    return this.make(what, () => {
      if (this.onHost) return copy;
      return this.call('upload', { source: same, parameters: ['Input'] }, copy.length, [inputOf(copy, copy.length)]);
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
        if (this.onGl) return this.call('read', { source: same, parameters: [this.arrayType] }, size, [value!]);
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
    const room = this.mode === 'webasm' ? classOf(size) : Math.max(size, 1);
    const types = kernel.parameters.map((parameter) => {
      return parameter === 'tensor' ? this.arrayType : parameter === 'integer' ? 'Integer' : 'Float';
    });
    return this.make(what, async () => {
      const arrays = this.asArguments(tensors.map(({ array }) => array.value!));
      const y = await this.call(kernel.name, { source: kernel.source, parameters: types }, room, [...arrays, size, ...numbers]);
      return y instanceof Float32Array && y.length > Math.max(size, 1) ? y.slice(0, Math.max(size, 1)) : y;
    });
  }

  share({ array }: Storage): Storage {
    array.tensors++;
    return { array, watched: false };
  }

  release(storage: Storage): void {
    if (storage.watched) this.collected.unregister(storage);
    const { array } = storage;
    if (--array.tensors > 0) return;
    this.queue.addRelease(() => {
      if (array.value === undefined) return; // never made, for something has failed before
      this.counts.arrays--;
      this.counts.bytes -= bytesOf(array.value);
      if (!(array.value instanceof Float32Array)) array.value.delete();
      array.value = undefined;
    });
  }

  /** Releases the storage when the tensor is garbage: for tensors of the root, whose scope has no end. */
  watch(tensor: Tensor, storage: Storage): void {
    storage.watched = true;
    this.collected.register(tensor, storage, storage);
  }

  /** Waits for all that was enqueued, and stops what gpu.js has started. */
  async close(): Promise<void> {
    await this.queue.result(() => undefined).catch(() => undefined);
    this.queue.fail(this.failure('was closed'));
    await this.gpu.destroy();
  }

  /** @param what is made, for errors. */
  private make(what: () => string, fill: () => unknown): Storage {
    const storage: Storage = { array: { value: undefined, tensors: 1 }, watched: false };
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

  private async filled(what: () => string, fill: () => unknown): Promise<Resident> {
    try {
      return (await fill()) as Resident;
    } catch (error) {
      this.checkAlive();
      throw new DeviceError(`${what()} failed: ${messageOf(error)}`, { cause: error });
    }
  }

  /** Compiles the kernel if this is its first launch, or the first of its shape class. */
  private call(
    name: string, { source, parameters }: { source: Kernel['source']; parameters: readonly string[] }, room: number,
    args: readonly unknown[],
  ): unknown {
    const key = `${name} ${source.name}`;
    const compiles = this.noteCompilation(key, room, args);
    let compiled = this.kernels.get(key);
    if (compiled === undefined) {
      compiled = this.compile(source, parameters, name);
      this.kernels.set(key, compiled);
    }
    // At every call, the same length or not: on WebGL it gives the kernel a new texture; without it later launches were
    // seen to spoil arrays.
    compiled.setOutput([room]);
    const start = performance.now();
    const result: unknown = compiled(...(args as KernelVariable[]));
    return compiles ? this.timed(start, result) : result;
  }

  private async timed(start: number, result: unknown): Promise<unknown> {
    try {
      return await result;
    } finally {
      this.counts.compileSeconds += (performance.now() - start) / 1e3;
    }
  }

  private compile(source: Kernel['source'], parameters: readonly string[], name: string): IKernelRunShortcut {
    const settings = {
      // Called by position: gpu.js takes the values of the object in their order.
      argumentTypes: [...parameters] as unknown as Record<string, 'Array'>,
      functions: [{
        source: QUOTIENT,
        settings: { argumentTypes: { i: 'Integer', n: 'Integer' }, returnType: 'Integer' },
      }] as unknown as (() => void)[],
      output: [1],
      precision: 'single',
      // Full float precision whatever the size: else WebGL would take less for small arrays, and switch kernels.
      tactic: 'precision' as const,
      pipeline: name !== 'read',
      immutable: true,
      dynamicOutput: true,
      dynamicArguments: true,
      loopMaxIterations: indexLimit.elements,
      asyncMode: name === 'read',
    } satisfies IKernelSettings & Record<string, unknown>;
    const compiled = this.gpu.createKernel(source.toString(), settings);
    if (this.mode === 'webasm') (compiled.kernel as unknown as { moduleCacheLimit: number }).moduleCacheLimit = MOST_MODULES;
    return compiled;
  }

  /** In mode `webasm` gpu.js compiles for every combination of lengths, elsewhere once. When all places are taken, anew. */
  private noteCompilation(kernel: string, room: number, args: readonly unknown[]): boolean {
    const lengths = args.flatMap((arg) => (arg instanceof Input ? [arg.size[0]] : []));
    const key = this.mode === 'webasm' ? [kernel, room, ...lengths].join(' ') : kernel;
    if (this.compiled.has(key)) return false;
    if (this.mode === 'webasm' && this.compiled.size === MOST_MODULES) {
      for (const compiled of this.kernels.values()) compiled.destroy();
      this.kernels.clear();
      this.compiled.clear();
    }
    this.compiled.add(key);
    this.counts.compilations++;
    return true;
  }

  /** In mode `webasm` all arrays of a launch are declared as long as the class of the longest: see `classOf`. */
  private asArguments(arrays: readonly Resident[]): readonly unknown[] {
    if (this.mode !== 'webasm') return arrays;
    const length = classOf(Math.max(...arrays.map((array) => (array as Float32Array).length)));
    return arrays.map((array) => inputOf(array as Float32Array, length));
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

/**
 * The length that an array is declared with in mode `webasm`, where every combination of lengths is a module with a
 * memory of its own, and browsers have room for about a hundred memories: 64, 512, 4096, …
 */
function classOf(length: number): number {
  let size = 64;
  while (size < length) size *= 8;
  return size;
}

/** An argument of gpu.js, declared as `length` long. What lies beyond the values is not read. */
function inputOf(values: Float32Array, length: number): Input {
  const input = new Input(values as unknown as number[], [values.length]);
  input.size = [length];
  return input;
}

function bytesOf(value: Resident): number {
  if (value instanceof Float32Array) return value.byteLength;
  const { output } = value as unknown as { readonly output: ArrayLike<number> };
  return output[0] * 4;
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0];
}
