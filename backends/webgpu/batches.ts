/** Batches of launches: encoded as one command buffer, submitted in order, their errors found. */

import { DeviceError } from '../../src/backend/device-error.ts';
import type { Buffer } from './buffers.ts';
import { PLACE, Parameters } from './parameters.ts';
import type { Pipeline } from './pipelines.ts';
import { Pipelines } from './pipelines.ts';
import { ReadBack } from './read-back.ts';
import { Timestamps } from './timestamps.ts';
import type { KernelTime } from './timestamps.ts';
import { Watchdog } from './watchdog.ts';
import { describe } from './what.ts';
import type { What } from './what.ts';

/** What has happened on the device so far. */
export interface Counts {
  /** Command buffers, and launches of kernels in them. */
  readonly submits: number;
  readonly launches: number;
  /** Kernels × constants, and the time that the queue has waited for their compilation. */
  readonly compilations: number;
  readonly compileSeconds: number;
  readonly uploads: number;
  readonly uploadedBytes: number;
  /** Of the launches, beside the uploads. */
  readonly parameterBytes: number;
  readonly reads: number;
  readonly readBytes: number;
  /** Arrays of tensors now, their bytes, and those of all buffers, spare ones among them. */
  readonly arrays: number;
  readonly bytes: number;
  readonly reservedBytes: number;
}

export interface Launch {
  readonly pipeline: Pipeline;
  /** Those that are read, then the one that is written. */
  readonly buffers: readonly Buffer[];
  readonly numbers: readonly number[];
  readonly across: number;
  readonly down: number;
  /** Multiplications, of products: other launches are bound by memory, and count nothing. */
  readonly work: number;
  readonly what: What;
}

/**
 * Launches of a batch, and multiplications: it is submitted when it is so long, so that the device has work, and its driver,
 * which takes a command buffer of some seconds for a fault, sees none.
 */
const LONGEST = 1024;
const MOST_WORK = 5e10;

/** Bind groups kept. */
const GROUPS = 8192;

export class Batches {
  readonly pipelines: Pipelines;
  /** The latest batch on its way to the device; batches are counted from 0. */
  submitted = -1;
  private current = 0;
  private launches: Launch[] = [];
  private work = 0;
  private tail: Promise<void> = Promise.resolve();
  private readonly parameters: Parameters;
  private readonly readBack: ReadBack;
  private readonly groups = new Map<string, GPUBindGroup>();
  private failure: Error | undefined;
  /** Answers to error scopes that are awaited. */
  private readonly checks = new Set<Promise<void>>();
  private readonly watchdog: Watchdog;
  private readonly timestamps: Timestamps | undefined;

  /** @param patience milliseconds that the device may do nothing. @param timed whether launches are timed one by one. */
  constructor(
    private readonly device: GPUDevice,
    private readonly counts: { -readonly [key in keyof Counts]: number },
    patience: number,
    timed: boolean,
  ) {
    this.pipelines = new Pipelines(device);
    this.parameters = new Parameters(device);
    this.readBack = new ReadBack(device);
    this.watchdog = new Watchdog(patience);
    this.timestamps = timed ? new Timestamps(device, LONGEST, this.readBack) : undefined;
  }

  /** What launches have taken so far, by kernel; undefined where they are not timed. */
  get times(): ReadonlyMap<string, KernelTime> | undefined {
    return this.timestamps?.times;
  }

  /** Everything after this fails so. */
  fail(failure: Error): void {
    this.failure ??= failure;
  }

  add(launch: Launch): void {
    for (const buffer of launch.buffers) buffer.batch = this.current;
    this.launches.push(launch);
    this.work += launch.work;
    if (this.launches.length >= LONGEST || this.work >= MOST_WORK) this.finish();
  }

  /** The first bytes of a buffer, when all before is done. @throws what has failed first. */
  async read(from: Buffer, bytes: number): Promise<ArrayBuffer> {
    if (this.failure !== undefined) throw this.failure;
    let to: GPUBuffer | undefined;
    from.batch = this.current;
    const whole = Math.ceil(bytes / 4) * 4;
    if (bytes > 0) to = this.readBack.take(whole);
    this.finish(to === undefined ? undefined : { from, to, bytes: whole });
    try {
      await this.watchdog.wait(this.tail);
      this.throwFailure();
      const values = to === undefined ? new ArrayBuffer(0) : (await this.watchdog.wait(this.mapped(to, whole))).slice(0, bytes);
      while (this.checks.size > 0) await this.watchdog.wait(Promise.all(this.checks));
      this.throwFailure();
      return values;
    } catch (error) {
      this.fail(error as Error); // a device that does not answer is not asked again
      throw error;
    }
  }

  /** Waits, before the next values are returned, for what an error scope has found. */
  check(answer: Promise<GPUError | null>, failure: (error: GPUError) => Error): void {
    this.after(answer.then((error) => {
      if (error !== null) this.fail(failure(error));
    }));
  }

  /** Values are returned only after this, or the loss of the device, which answers no more then and says so itself. */
  private after(answer: Promise<void>): void {
    const check: Promise<void> = Promise.race([answer, this.device.lost.then(() => undefined)])
      .catch(() => undefined).finally(() => this.checks.delete(check));
    this.checks.add(check);
  }

  private async mapped(buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    try {
      return await this.readBack.bytesOf(buffer, bytes);
    } catch (error) {
      await new Promise((resolve) => setTimeout(resolve)); // the reason comes with the loss of the device
      this.throwFailure();
      throw new DeviceError(`reading from the webgpu device failed: ${(error as Error).message}`, { cause: error });
    }
  }

  /** Ends the batch; it is submitted when its kernels are compiled. */
  private finish(copy?: Copy): void {
    const { launches, current } = this;
    this.launches = [];
    this.work = 0;
    this.current++;
    this.tail = this.tail.then(async () => {
      try {
        if (this.failure === undefined) await this.compiled(launches);
        if (this.failure === undefined) this.submit(launches, copy);
      } catch (error) {
        this.fail(error as Error);
      }
      this.submitted = current;
    });
  }

  private async compiled(launches: readonly Launch[]): Promise<void> {
    const waiting = launches.filter(({ pipeline }) => pipeline.compiled === undefined);
    if (waiting.length === 0) return;
    const start = performance.now();
    await Promise.all(waiting.map(({ pipeline, what }) => pipeline.ready.catch((cause: unknown) => {
      throw new DeviceError(`${describe(what)}: its kernel does not compile: ${(cause as Error).message}`, { cause });
    })));
    this.counts.compileSeconds += (performance.now() - start) / 1000;
    this.counts.compilations = this.pipelines.count;
  }

  private submit(launches: readonly Launch[], copy: Copy | undefined): void {
    if (launches.length === 0 && copy === undefined) return;
    const { device, parameters } = this;
    device.pushErrorScope('validation');
    const encoder = device.createCommandEncoder();
    if (launches.length > 0) {
      parameters.begin(launches.length);
      let pass: GPUComputePassEncoder | undefined;
      let before: GPUComputePipeline | undefined;
      for (const { pipeline, buffers, numbers, across, down } of launches) {
        if (this.timestamps !== undefined) {
          pass?.end();
          pass = encoder.beginComputePass({ timestampWrites: this.timestamps.next(pipeline.kernel.name) });
          before = undefined;
        }
        pass ??= encoder.beginComputePass();
        if (pipeline.compiled !== before) pass.setPipeline(pipeline.compiled!);
        before = pipeline.compiled;
        pass.setBindGroup(0, this.groupOf(buffers), [parameters.place(numbers)]);
        pass.dispatchWorkgroups(across, down);
      }
      pass?.end();
      this.counts.parameterBytes += parameters.write();
    }
    if (copy !== undefined) encoder.copyBufferToBuffer(copy.from.gpu, 0, copy.to, 0, copy.bytes);
    const readTimes = this.timestamps?.end(encoder);
    device.queue.submit([encoder.finish()]);
    if (readTimes !== undefined) this.after(readTimes());
    this.watchdog.watch(launches.at(-1)?.what, device.queue.onSubmittedWorkDone());
    const stage = launches.at(-1)?.what;
    this.check(device.popErrorScope(), (error) => {
      return new DeviceError(`the webgpu device refused a batch${stage ? ` up to ${describe(stage)}` : ''}: ${error.message}`);
    });
    this.counts.submits++;
    this.counts.launches += launches.length;
  }

  private groupOf(buffers: readonly Buffer[]): GPUBindGroup {
    let key = '';
    for (const { id } of buffers) key += `${id} `;
    let group = this.groups.get(key);
    if (group === undefined) {
      if (this.groups.size >= GROUPS) this.groups.clear();
      group = this.device.createBindGroup({
        layout: this.pipelines.layoutFor(buffers.length - 1),
        entries: [
          { binding: 0, resource: { buffer: this.parameters.buffer, size: PLACE } },
          ...buffers.map(({ gpu }, i) => ({ binding: i + 1, resource: { buffer: gpu } })),
        ],
      });
      this.groups.set(key, group);
    }
    return group;
  }

  private throwFailure(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}

interface Copy {
  readonly from: Buffer;
  readonly to: GPUBuffer;
  readonly bytes: number;
}
