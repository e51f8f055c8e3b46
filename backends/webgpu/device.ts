/**
 * One WebGPU device and its queue.
 *
 * Operations add launches to a batch; the batch goes to the device as one command buffer when values are read, or when it
 * has grown long. Commands run in their order, so buffers that are freed may be taken again in the same batch.
 */

import { sizeOf } from '../../src/array/host.ts';
import type { Tensor } from '../../src/backend/backend.ts';
import { DeviceError } from '../../src/backend/device-error.ts';
import { SharedArrays } from '../../src/backend/shared-arrays.ts';
import { MemoryError } from '../../src/errors.ts';
import { Batches } from './batches.ts';
import type { Counts } from './batches.ts';
import type { Buffer } from './buffers.ts';
import { BufferPool } from './buffers.ts';
import type { Expression } from './expression.ts';
import type { Constants, Kernel } from './kernels/kernel.ts';
import type { Format } from './kernels/widen.ts';
import { TILE_TABLES } from './tile-table.ts';
import type { TileTable } from './tile-table.ts';
import type { KernelTime } from './timestamps.ts';
import { USAGE } from './usage.ts';
import type { Source, Storage, Values } from './values.ts';
import { Waiting } from './waiting.ts';
import { describe } from './what.ts';
import type { What } from './what.ts';

/** Groups along one axis of a launch. */
const MOST_GROUPS = 65535;

/** Milliseconds: adapters in software on a busy processor take minutes for what takes them seconds otherwise. */
const PATIENCE = 600_000;

const REMEDY = 'ask for a smaller size, fewer frames or 16-bit weights';

export interface DeviceBounds {
  /** Bytes of one buffer; those that the adapter allows unless given. */
  readonly most?: number;
  /** Milliseconds that the device may do nothing while values are waited for. */
  readonly patience?: number;
  /** Whether launches are timed one by one, which the device has to be asked for. */
  readonly timed?: boolean;
  /** Which tile computes a product; that of the adapter's kind unless given. */
  readonly tiles?: TileTable;
}

export class WebgpuDevice {
  readonly name = 'webgpu';
  closed = false;
  readonly counts: { -readonly [key in keyof Counts]: number } = {
    submits: 0, launches: 0, compilations: 0, compileSeconds: 0, uploads: 0, uploadedBytes: 0, parameterBytes: 0, reads: 0,
    readBytes: 0, arrays: 0, bytes: 0, reservedBytes: 0,
  };

  /** Bytes of one buffer at most. */
  readonly most: number;
  readonly tiles: TileTable;
  private readonly pool: BufferPool;
  private readonly batches: Batches;
  private readonly arrays = new SharedArrays<Values>(({ value }) => this.end(value));
  /** What is made now, for errors of buffers. */
  private making: { readonly what: What; readonly bytes: number } | undefined;

  /** @param adapter its name. */
  constructor(
    readonly device: GPUDevice,
    readonly adapter: string,
    /** Whether a processor computes. */
    readonly software: boolean,
    { most, patience = PATIENCE, timed = false, tiles = TILE_TABLES[software ? 'software' : 'card'] }: DeviceBounds = {},
  ) {
    this.most = most ?? Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize);
    this.tiles = tiles;
    this.pool = new BufferPool((size) => this.create(size), this.most);
    this.batches = new Batches(device, this.counts, patience, timed);
    void device.lost.then(({ message }) => this.batches.fail(this.failure(`was lost: ${message || 'no reason given'}`)));
    device.addEventListener('uncapturederror', ({ error }) => {
      const problem = error instanceof GPUOutOfMemoryError ? 'is out of memory' : 'failed';
      this.batches.fail(this.failure(`${problem}: ${error.message}`));
    });
  }

  /** Copies values of the host to a place of their own; a matrix above the binding limit to several, by rows. */
  upload(data: ArrayBufferView, format: Format, what: What): Storage {
    this.counts.uploads++;
    this.counts.uploadedBytes += data.byteLength;
    const splits = what.shape.length === 2 && data.byteLength > this.most;
    const rows = splits ? Math.floor((this.most * what.shape[0]) / data.byteLength) : 0;
    if (rows === 0) return this.own(this.write(data, format, what));
    const width = what.shape[1];
    const each = (rows * data.byteLength) / what.shape[0];
    const parts = Array.from({ length: Math.ceil(data.byteLength / each) }, (_, i) => {
      const bytes = Math.min(each, data.byteLength - i * each);
      return this.write(new Uint8Array(data.buffer, data.byteOffset + i * each, bytes), format, what);
    });
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    return this.own({ ...parts[0], bytes, split: { rows, width, buffers: parts.map(({ buffer }) => buffer) } });
  }

  private write(data: ArrayBufferView, format: Format, what: What): Values {
    const bytes = Math.max(Math.ceil(data.byteLength / 4) * 4, 4);
    const buffer = this.take(bytes, what, this.batches.submitted);
    const { queue } = this.device;
    const whole = data.byteLength - (data.byteLength % 4);
    queue.writeBuffer(buffer.gpu, 0, data.buffer, data.byteOffset, whole);
    if (whole < data.byteLength) {
      const last = new Uint8Array(4);
      last.set(new Uint8Array(data.buffer, data.byteOffset + whole, data.byteLength - whole));
      queue.writeBuffer(buffer.gpu, whole, last);
    }
    return { buffer, format, bytes, readers: new Set() };
  }

  /** The bytes of a tensor. @throws DeviceError if anything before has failed. */
  async read({ array: { value: { buffer, format, split } } }: Storage, bytes: number): Promise<ArrayBuffer> {
    this.counts.reads++;
    this.counts.readBytes += bytes;
    if (split === undefined) return this.batches.read(buffer, bytes);
    const each = split.rows * split.width * (format === 'f32' ? 4 : 2);
    const parts = split.buffers.map((part, i) => this.batches.read(part, Math.min(each, bytes - i * each)));
    const whole = new Uint8Array(bytes);
    for (const [i, part] of (await Promise.all(parts)).entries()) whole.set(new Uint8Array(part), i * each);
    return whole.buffer;
  }

  /** Room for a tensor of float32. @throws MemoryError where no buffer is so large. */
  make(what: What): Storage {
    const bytes = Math.max(sizeOf(what.shape) * 4, 4);
    return this.own({ buffer: this.take(bytes, what), format: 'f32', bytes, readers: new Set() });
  }

  /** A tensor that is computed when its buffer is asked for. @throws MemoryError where no buffer is so large. */
  later(expression: Expression<Source>, what: What): Storage {
    const bytes = 4 * sizeOf(what.shape);
    if (bytes > this.most) throw this.tooLarge(what, bytes, REMEDY);
    return this.own(new Waiting(this, expression, what));
  }

  /** Adds a launch of so many groups that fills `to`. */
  launch(
    kernel: Kernel, constants: Constants, inputs: readonly Buffer[], to: Buffer, numbers: readonly number[], groups: number,
    work: number, what: What,
  ): void {
    if (groups === 0) return;
    const across = Math.min(groups, MOST_GROUPS);
    const down = Math.ceil(groups / across);
    const pipeline = this.batches.pipelines.of(kernel, constants);
    this.batches.add({ pipeline, buffers: [...inputs, to], numbers, across, down, work, what });
  }

  /** What launches have taken so far, by kernel; undefined where they are not timed. */
  get times(): ReadonlyMap<string, KernelTime> | undefined {
    return this.batches.times;
  }

  /** A buffer beside the tensors. */
  take(bytes: number, what: What, written?: number): Buffer {
    if (bytes > this.most) throw this.tooLarge(what, bytes, REMEDY);
    this.making = { what, bytes };
    return this.pool.take(bytes, written);
  }

  give(buffer: Buffer): void {
    this.pool.give(buffer);
  }

  share(storage: Storage): Storage {
    return this.arrays.share(storage);
  }

  release(storage: Storage): void {
    this.arrays.release(storage);
    const { tensors, value } = storage.array;
    if (tensors > 0 && tensors === value.readers.size) for (const reader of [...value.readers]) reader.starve();
  }

  watch(tensor: Tensor, storage: Storage): void {
    this.arrays.watch(tensor, storage);
  }

  /** Puts the values of another tensor, which ends, in the place of a tensor's, for all that share them. */
  adopt({ array }: Storage, other: Storage): void {
    const { value } = array;
    const before = { ...value };
    Object.assign(value, other.array.value);
    Object.assign(other.array.value, before);
    this.release(other);
  }

  /** Drops what waits and ends the device. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.batches.fail(this.failure('was closed'));
    this.device.destroy();
  }

  /** An array does not fit. @param remedy what helps. */
  tooLarge(what: What, bytes: number, remedy: string): MemoryError {
    return new MemoryError(`${describe(what)} on webgpu (${this.adapter}) needs ${mib(bytes)}; an array there has at most `
      + `${mib(this.most)}: ${remedy}`);
  }

  private own(values: Values): Storage {
    this.counts.arrays++;
    this.counts.bytes += values.bytes;
    this.counts.reservedBytes = this.pool.bytes;
    return this.arrays.make(values);
  }

  private end(value: Values): void {
    const { bytes, packed, transformed, split } = value;
    this.counts.arrays--;
    this.counts.bytes -= bytes;
    const own = value instanceof Waiting ? [value.end()] : (split?.buffers ?? [value.buffer]);
    for (const buffer of [...own, packed, transformed]) if (buffer !== undefined) this.pool.give(buffer);
    this.pool.trim(this.batches.submitted);
  }

  /** A failure comes back later; its error says for which tensor the buffer was. */
  private create(size: number): GPUBuffer {
    const { what: made, bytes } = this.making!;
    const what = `${describe(made)} (${mib(bytes)}, beside ${mib(this.pool.bytes)})`;
    this.device.pushErrorScope('out-of-memory');
    const usage = USAGE.storage | USAGE.copySource | USAGE.copyTarget;
    try {
      return this.device.createBuffer({ size, usage });
    } catch (error) {
      throw new DeviceError(`${what} on webgpu (${this.adapter}) failed: ${(error as Error).message}`, { cause: error });
    } finally {
      this.batches.check(this.device.popErrorScope(), (error) => this.failure(`is out of memory: ${what}: ${error.message}`));
    }
  }

  private failure(problem: string): DeviceError {
    return new DeviceError(`the webgpu device (${this.adapter}) ${problem}`);
  }
}

function mib(bytes: number): string {
  return bytes < 2 ** 20 ? `${bytes} bytes` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
