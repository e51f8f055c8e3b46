/** Times of launches by the device's own clock, for benchmarks: every launch gets a pass of its own, which takes time too. */

import type { ReadBack } from './read-back.ts';
import { USAGE } from './usage.ts';

/** What launches of one kernel took. */
export interface KernelTime {
  launches: number;
  seconds: number;
}

export class Timestamps {
  /** By the names of kernels. */
  readonly times = new Map<string, KernelTime>();
  private names: string[] = [];
  private readonly queries: GPUQuerySet;
  private readonly resolved: GPUBuffer;

  /** @param most launches of a batch. */
  constructor(device: GPUDevice, most: number, private readonly readBack: ReadBack) {
    this.queries = device.createQuerySet({ type: 'timestamp', count: 2 * most });
    this.resolved = device.createBuffer({ size: 16 * most, usage: USAGE.queryResolve | USAGE.copySource });
  }

  /** Where the pass of the next launch, of a kernel of this name, puts its two times. */
  next(name: string): GPUComputePassTimestampWrites {
    const at = 2 * this.names.push(name) - 2;
    return { querySet: this.queries, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 };
  }

  /** Ends a batch: its times are read. @returns awaits them, once the batch is submitted. */
  end(encoder: GPUCommandEncoder): () => Promise<void> {
    const { names } = this;
    this.names = [];
    if (names.length === 0) return () => Promise.resolve();
    encoder.resolveQuerySet(this.queries, 0, 2 * names.length, this.resolved, 0);
    const to = this.readBack.take(16 * names.length);
    encoder.copyBufferToBuffer(this.resolved, 0, to, 0, 16 * names.length);
    return async () => {
      const clock = new BigUint64Array(await this.readBack.bytesOf(to, 16 * names.length)); // nanoseconds
      for (const [i, name] of names.entries()) {
        const time = this.times.get(name) ?? { launches: 0, seconds: 0 };
        this.times.set(name, time);
        time.launches++;
        time.seconds += Math.max(Number(clock[2 * i + 1] - clock[2 * i]), 0) / 1e9;
      }
    };
  }
}
