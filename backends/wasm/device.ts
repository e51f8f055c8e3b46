/** Memory, kernels and threads of one backend: places values and runs jobs. */

import { UnsupportedError } from '../../src/errors.ts';
import type { Tensor } from '../../src/backend/backend.ts';
import type { Block } from './arena.ts';
import { Arena, PAGE } from './arena.ts';
import { KERNELS_BASE64 } from './kernels.generated.ts';
import type { Thread } from './threads.ts';
import { mayBlock, startThread } from './threads.ts';
import { CURRENT, FAILED, PUBLISHED, WAITING } from './worker.ts';

/** In the order of kernels/dispatch.ts. */
const KERNELS = [
  'binary', 'channelNorm', 'conv3d', 'copy', 'matmul', 'matmulDots', 'matmulRows', 'norm', 'pack', 'resample', 'rotary',
  'softmax', 'sum', 'take', 'transpose', 'unary', 'conv3dWeight', 'widen', 'winograd',
  'winogradWeights', 'winogradGradient', 'winogradGradientTransforms', 'winogradGradientWeights', 'winogradInput', 'unaryGradient', 'channelNormGradient',
  'interleave', 'round', 'matmulBlocks',
] as const;

export type Kernel = (typeof KERNELS)[number];

const NUMBER_OF = Object.fromEntries(KERNELS.map((name, i) => [name, i])) as Record<Kernel, number>;

/** kernels/schedule.ts: the ring of jobs, and where in a slot lie the number of finished shares, the arguments and a table. */
const RING = 4096;
const SLOTS = 16;
const SLOT = 512 + 4096;
const TABLE = 512;
const FINISHED = 8;
const ARGUMENTS = 64;
const RESERVED = RING + SLOTS * SLOT;

/** Jobs below this many nanoseconds on one thread are not worth waking others for (measured). */
const WORTH_SHARING = 8_000;

/** A worker that finishes no task for this long is taken for dead. */
const PATIENCE_MS = 30_000;

/** Spins before the caller sleeps, 0.2 ms: a thread that wakes up may wait for its turn longer than that. */
const SPINS = 100_000;

/**
 * How values lie: row by row in float32 or 16 bits, (N, K) of blocks in strips of eight rows (kernels/interleave.ts), in the
 * order of kernels/widen.ts; or (N, K) of float32 in N/8 panels (K, 8).
 */
export const FORMATS = ['f32', 'f16', 'bf16', 'q8_0', 'q4_0', 'q4_k', 'panels'] as const;

export type Format = (typeof FORMATS)[number];

/** Values in another form beside themselves, for the operation that needs it: packed.ts. */
export interface Packed {
  /** As matrices in panels, used as they are or transposed; as the weights of kernels/winograd.ts. */
  readonly form: 'panels' | 'panels, transposed' | 'winograd';
  /** Undefined after the first use: most tensors have no second one. */
  readonly block: Block | undefined;
}

/** What one tensor holds of a block that reshaped tensors share. */
export interface Storage {
  block: Block;
  /** Other than f32 only of whole matrices that no other tensor shares. */
  format: Format;
  packed: Packed | undefined;
  readonly shared: { tensors: number };
  /** Whether the garbage collector releases it. */
  watched: boolean;
}

interface Exports {
  init(thread: number): void;
  runHere(kernel: number, tasks: number): void;
  publish(kernel: number, tasks: number, atOnce: number): void;
  help(end: number, spins: number): number;
}

export class Device {
  readonly name = 'wasm';
  closed = false;
  readonly arena: Arena;
  private readonly threads: Thread[] = [];
  private readonly exports: Exports;
  private readonly module: WebAssembly.Module;
  private readonly memory: WebAssembly.Memory;
  /** Bytes that the memory can grow to. */
  readonly capacity: number;
  /** All memory; see `floats` and `words`. */
  private allFloats: Float32Array;
  private allWords: Int32Array;
  /** The reserved memory: growing leaves this view as it is. */
  private readonly args: Uint32Array;
  private readonly collected = new FinalizationRegistry<Storage>((storage) => this.release(storage));
  private failure: unknown;

  constructor() {
    const { memory, maximum } = newMemory();
    this.memory = memory;
    this.capacity = maximum * PAGE;
    this.module = kernels();
    this.exports = new WebAssembly.Instance(this.module, { env: { memory: this.memory } }).exports as unknown as Exports;
    this.exports.init(0);
    this.allFloats = new Float32Array(this.memory.buffer);
    this.allWords = new Int32Array(this.memory.buffer);
    this.args = new Uint32Array(this.memory.buffer, 0, RESERVED / 4);
    this.arena = new Arena(this.memory, RESERVED, () => {
      this.allFloats = new Float32Array(this.memory.buffer);
      this.allWords = new Int32Array(this.memory.buffer);
    });
  }

  /** All memory, as numbers, when all jobs are done. */
  get floats(): Float32Array {
    this.settle();
    return this.allFloats;
  }

  get words(): Int32Array {
    this.settle();
    return this.allWords;
  }

  /** Bytes taken from the system. */
  get reserved(): number {
    return this.allFloats.byteLength;
  }

  /** Threads that take tasks, the caller's included. */
  get threadCount(): number {
    return this.threads.length + 1;
  }

  /** Starts workers until `count` threads take tasks. @throws UnsupportedError if one cannot be started: none is left then. */
  async addThreads(count: number): Promise<void> {
    const missing = Array.from({ length: count - this.threadCount }, (_, i) => this.threadCount + i);
    const starts = await Promise.allSettled(missing.map((thread) => {
      return startThread({ module: this.module, memory: this.memory, thread });
    }));
    const started = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
    const failed = starts.find((start) => start.status === 'rejected');
    if (failed !== undefined) {
      await Promise.all(started.map((thread) => thread.stop()));
      const why = failed.reason instanceof Error ? failed.reason.message : String(failed.reason);
      throw new UnsupportedError(`of ${count} threads not all can be started (${why}); ask for fewer`, { cause: failed.reason });
    }
    for (const thread of started) {
      thread.onEnd((cause) => {
        if (!this.threads.includes(thread)) return; // stopped
        this.failure ??= cause;
        Atomics.store(this.allWords, FAILED / 4, 1);
      });
      this.threads.push(thread);
    }
  }

  /** Ends the threads, which take no further tasks; what the memory held is of no use any more. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    Atomics.store(this.allWords, FAILED / 4, 1);
    const stopped = await Promise.all(this.threads.splice(0).map((thread) => thread.stop()));
    if (stopped.every((ended) => ended)) spares.push({ memory: new WeakRef(this.memory), maximum: this.capacity / PAGE });
  }

  allocate(bytes: number, format: Format = 'f32'): Storage {
    return { block: this.arena.allocate(bytes), format, packed: undefined, shared: { tensors: 1 }, watched: false };
  }

  share({ block, format, shared }: Storage): Storage {
    shared.tensors++;
    return { block, format, packed: undefined, shared, watched: false };
  }

  release(storage: Storage): void {
    if (storage.watched) this.collected.unregister(storage);
    if (storage.packed?.block !== undefined) this.arena.release(storage.packed.block);
    if (--storage.shared.tensors === 0) this.arena.release(storage.block);
  }

  /** Releases the storage when the tensor is garbage: for tensors of the root, whose scope has no end. */
  watch(tensor: Tensor, storage: Storage): void {
    if (storage.watched) return;
    storage.watched = true;
    this.collected.register(tensor, storage, storage);
  }

  /** Runs `body` with the address of some memory, which is given back after it. */
  withScratch(bytes: number, body: (address: number) => void): void {
    const block = this.arena.allocate(bytes);
    try {
      body(block.address);
    } finally {
      this.arena.release(block);
    }
  }

  /** Runs `body`, which runs one job, with the address of a table that this job alone reads. */
  withTable(table: Int32Array, body: (address: number) => void): void {
    if (table.byteLength > SLOT - TABLE) {
      this.withScratch(table.byteLength, (address) => {
        this.words.set(table, address / 4);
        body(address);
      });
      return;
    }
    const address = this.nextSlot() + TABLE;
    this.allWords.set(table, address / 4);
    body(address);
  }

  /**
   * Runs all tasks of a job: at once where there are no workers; else after those before it, at the latest when memory is
   * looked at.
   * @param nanoseconds a rough guess of the time on one thread, to decide whether workers pay.
   * @throws Error when a worker has crashed.
   */
  run(kernel: Kernel, tasks: number, nanoseconds: number, args: readonly number[]): void {
    if (tasks === 0) return;
    const start = (this.nextSlot() + ARGUMENTS) / 4;
    for (let i = 0; i < args.length; i++) this.args[start + i] = args[i]; // quicker than set() from a list
    const number = NUMBER_OF[kernel];
    if (this.threads.length === 0) {
      this.exports.runHere(number, tasks);
      return;
    }
    this.exports.publish(number, tasks, nanoseconds < WORTH_SHARING ? tasks : 1);
  }

  /** The address of the slot of the next job, once it is free. */
  private nextSlot(): number {
    if (this.threads.length === 0) return RING;
    this.checkAlive();
    const job = this.allWords[PUBLISHED / 4]; // written by this thread alone
    this.help((job - SLOTS + 1) | 0);
    return slotOf(job);
  }

  /** Returns when all jobs are done. */
  private settle(): void {
    if (this.threads.length > 0) this.help(this.allWords[PUBLISHED / 4]);
  }

  /** Takes part until all jobs before `end` are done. */
  private help(end: number): void {
    let [seen, since] = [-1, 0];
    while (!this.helped(end)) {
      this.checkAlive();
      const current = Atomics.load(this.allWords, CURRENT / 4);
      const progress = current + Atomics.load(this.allWords, (slotOf(current) + FINISHED) / 4);
      if (progress !== seen) [seen, since] = [progress, performance.now()];
      else if (performance.now() - since > PATIENCE_MS) this.fail(new Error(`no task finished in ${PATIENCE_MS} ms`));
      if (!mayBlock) continue;
      Atomics.store(this.allWords, WAITING / 4, 1);
      Atomics.wait(this.allWords, CURRENT / 4, current, 1);
      Atomics.store(this.allWords, WAITING / 4, 0);
    }
  }

  private helped(end: number): boolean {
    try {
      return this.exports.help(end, SPINS) !== 0;
    } catch (cause) {
      this.fail(cause); // a kernel trapped here: its job will never be done
    }
  }

  private checkAlive(): void {
    if (Atomics.load(this.allWords, FAILED / 4) !== 0) this.fail(this.failure);
  }

  private fail(cause: unknown): never {
    this.failure ??= cause;
    Atomics.store(this.allWords, FAILED / 4, 1);
    throw new Error('a worker thread of the wasm backend crashed or ended', { cause });
  }
}

function slotOf(job: number): number {
  return RING + (job & (SLOTS - 1)) * SLOT;
}

/** The bits of a float, as an argument. */
export function real(x: number): number {
  FLOAT[0] = x;
  return BITS[0];
}

const FLOAT = new Float32Array(1);
const BITS = new Uint32Array(FLOAT.buffer);

/**
 * Memories of closed backends, for the next ones: the engine does not count shared memory, so that garbage collection
 * may come late for it. Not kept from it, either.
 */
const spares: { readonly memory: WeakRef<WebAssembly.Memory>; readonly maximum: number }[] = [];

/** Shared memory works without workers too; a browser may refuse to set 4 GiB of addresses aside. @returns also pages at most. */
function newMemory(): { readonly memory: WebAssembly.Memory; readonly maximum: number } {
  for (let spare = spares.pop(); spare !== undefined; spare = spares.pop()) {
    const memory = spare.memory.deref();
    if (memory === undefined) continue;
    new Uint8Array(memory.buffer, 0, RESERVED).fill(0);
    return { memory, maximum: spare.maximum };
  }
  for (const maximum of [65536, 32768, 16384]) {
    try {
      return { memory: new WebAssembly.Memory({ initial: 256, maximum, shared: true }), maximum };
    } catch {
      // try with less
    }
  }
  throw new UnsupportedError('this engine gives no shared WebAssembly memory');
}

/** Compiled once for all backends. */
function kernels(): WebAssembly.Module {
  return (compiled ??= new WebAssembly.Module(bytesOf(KERNELS_BASE64)));
}

let compiled: WebAssembly.Module | undefined;

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}
