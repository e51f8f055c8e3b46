/**
 * The kernels of one gpu.js device, each compiled once per shape class: in mode `webasm` for every combination of lengths,
 * elsewhere for all.
 */

import { Input } from 'gpu.js';
import type { GPU, IKernelRunShortcut, IKernelSettings, KernelVariable } from 'gpu.js';
import type { Kernel } from './kernels/kernel.ts';
import { QUOTIENT } from './kernels/kernel.ts';
import { indexLimit } from './limit.ts';
import type { GpuMode } from './modes.ts';

/** Modules that stay compiled in mode `webasm`: each has a memory, and Chromium has room for 125. */
const MOST_MODULES = 112;

/** What gpu.js hands from kernel to kernel. */
interface Handle {
  toArray(): unknown;
  delete(): void;
}

export type Resident = Float32Array | Handle;

export class CompiledKernels {
  /** With the shape classes that each is compiled for; the one used last is the last. */
  private readonly kernels = new Map<string, { readonly kernel: IKernelRunShortcut; readonly classes: Set<string> }>();

  private readonly numbers = new Map<string, number>();

  /** @param counts gets what is compiled. */
  constructor(
    private readonly gpu: GPU,
    private readonly mode: GpuMode,
    private readonly counts: { compilations: number; compileSeconds: number },
  ) {}

  /** Compiles the kernel if this is its first launch, or the first of its shape class. */
  call(
    name: string, { source, parameters }: { source: Kernel['source']; parameters: readonly string[] }, room: number,
    args: readonly unknown[],
  ): unknown {
    const key = `${name} ${this.numberOf(source)}`;
    const entry = this.kernels.get(key) ?? { kernel: this.compile(source, parameters, name), classes: new Set() };
    this.kernels.delete(key);
    this.kernels.set(key, entry);
    const compiles = this.noteCompilation(entry.classes, room, args);
    const { kernel: compiled } = entry;
    // At every call, the same length or not: on WebGL it gives the kernel a new texture; without it later launches were
    // seen to spoil arrays.
    compiled.setOutput([room]);
    const start = performance.now();
    const result: unknown = compiled(...(args as KernelVariable[]));
    return compiles ? this.timed(start, result) : result;
  }

  /** Short, for a key that is looked up at every launch. */
  private numberOf(source: string): number {
    const number = this.numbers.get(source) ?? this.numbers.size;
    this.numbers.set(source, number);
    return number;
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
    const compiled = this.gpu.createKernel(source, settings);
    if (this.mode === 'webasm') (compiled.kernel as unknown as { moduleCacheLimit: number }).moduleCacheLimit = MOST_MODULES;
    return compiled;
  }

  /** In mode `webasm` gpu.js compiles for every combination of lengths, elsewhere once. */
  private noteCompilation(classes: Set<string>, room: number, args: readonly unknown[]): boolean {
    const lengths = args.flatMap((arg) => (arg instanceof Input ? [arg.size[0]] : []));
    const key = this.mode === 'webasm' ? [room, ...lengths].join(' ') : '';
    if (classes.has(key)) return false;
    this.makeRoom();
    classes.add(key);
    this.counts.compilations++;
    return true;
  }

  /** When all places are taken, the kernel that was not used for longest gives up its own. */
  private makeRoom(): void {
    if (this.mode !== 'webasm') return;
    const taken = [...this.kernels.values()].reduce((sum, { classes }) => sum + classes.size, 0);
    if (taken < MOST_MODULES) return;
    const [oldest, { kernel }] = this.kernels.entries().next().value!; // the one in use is the last
    kernel.destroy();
    this.kernels.delete(oldest);
  }

  /** In mode `webasm` all arrays of a launch are declared as long as the class of the longest: see `classOf`. */
  asArguments(arrays: readonly Resident[]): readonly unknown[] {
    if (this.mode !== 'webasm') return arrays;
    const length = classOf(Math.max(...arrays.map((array) => (array as Float32Array).length)));
    return arrays.map((array) => inputOf(array as Float32Array, length));
  }

  /** The length to declare for a result. */
  roomFor(size: number): number {
    return this.mode === 'webasm' ? classOf(size) : Math.max(size, 1);
  }
}

/**
 * The length that an array is declared with in mode `webasm`, where every combination of lengths is a module with a
 * memory of its own, and browsers have room for about a hundred memories: 512, 4096, 32768, …
 */
function classOf(length: number): number {
  let size = 512;
  while (size < length) size *= 8;
  return size;
}

/** An argument of gpu.js, declared as `length` long. What lies beyond the values is not read. */
export function inputOf(values: Float32Array, length: number): Input {
  const input = new Input(values as unknown as number[], [values.length]);
  input.size = [length];
  return input;
}
