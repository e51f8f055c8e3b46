/**
 * Results that wait: an elementwise operation or a view of data is not computed until somebody asks for its buffer, so that
 * what is done to it next becomes part of it, and what nobody asks for is never computed.
 *
 * What it is computed from lives as long, and only its memory counts: as arrays do not change, it may be computed at any time
 * later. When all tensors of a source are gone, and what is kept so is more than `KEPT` times the result, it is computed at once.
 */

import { sizeOf } from '../../src/array/host.ts';
import type { Buffer } from './buffers.ts';
import type { Expression, Index } from './expression.ts';
import { loadsOf, shapeOf, workOf } from './expression.ts';
import { chainLaunch } from './kernels/chain.ts';
import type { Constants, Kernel } from './kernels/kernel.ts';
import { GROUP } from './kernels/kernel.ts';
import type { Source, Storage, Values } from './values.ts';
import type { What } from './what.ts';

/** What is wanted of the device. */
interface Device {
  readonly closed: boolean;
  take(bytes: number, what: What): Buffer;
  share(storage: Storage): Storage;
  release(storage: Storage): void;
  launch(
    kernel: Kernel, constants: Constants, inputs: readonly Buffer[], to: Buffer, numbers: readonly number[], groups: number,
    work: number, what: What,
  ): void;
}

/** How an expression uses another one: all of its elements once, some of them, or more than once. */
export type Use = 'whole' | 'part' | 'often';

const KEPT = 2;

export class Waiting implements Values {
  readonly format = 'f32';
  readonly bytes: number;
  readonly readers: Set<Waiting> = new Set();
  packed?: Buffer;
  transformed?: Buffer;
  /** Whether another expression has its operations among its own: a second one loads the values. */
  private wanted = false;
  private computed: Buffer | undefined;
  /** One for every array that is loaded. */
  private held: Storage[];

  constructor(
    private readonly device: Device,
    private expression: Expression<Source>,
    private readonly what: What,
  ) {
    this.bytes = 4 * sizeOf(shapeOf(expression));
    this.held = [...new Set(loadsOf(expression.term).map(({ source }) => source))].map((array) => {
      array.value.readers.add(this);
      return device.share({ array, watched: false });
    });
  }

  /** Computes it at the first time. */
  get buffer(): Buffer {
    if (this.computed === undefined) {
      const to = this.device.take(this.bytes, this.what);
      compute(this.device, this.expression, to, this.what);
      this.computed = to;
      this.release();
    }
    return this.computed;
  }

  /** What it is made of, for one more expression; undefined where its values are to be loaded. */
  offered(use: Use): Expression<Source> | undefined {
    if (this.computed !== undefined) return undefined;
    const free = workOf(this.expression.term) === 0 || use === 'part' || (use === 'whole' && !this.wanted);
    return free ? this.expression : undefined;
  }

  taken(use: Use): Expression<Source> | undefined {
    if (use === 'whole') this.wanted = true;
    return this.computed === undefined ? this.expression : undefined;
  }

  /** All tensors are gone. @returns the buffer, where there is one. */
  end(): Buffer | undefined {
    this.release();
    return this.computed;
  }

  /** All tensors of one of its sources are gone. */
  starve(): void {
    if (this.device.closed) return;
    const ended = this.held.filter(({ array: { tensors, value } }) => tensors === value.readers.size);
    const kept = ended.reduce((sum, { array }) => sum + array.value.bytes, 0);
    if (kept > KEPT * this.bytes) void this.buffer;
  }

  private release(): void {
    for (const share of this.held.splice(0)) {
      share.array.value.readers.delete(this);
      this.device.release(share);
    }
  }
}

/** Fills a buffer, or part of it. @param to where elements go; in their order unless given. */
export function compute(
  device: Device, expression: Expression<Source>, buffer: Buffer, what: What, to?: Index,
): void {
  const { kernel, sources, numbers, size } = chainLaunch(expression, to);
  const inputs = sources.map(({ value }) => value.buffer);
  device.launch(kernel, {}, inputs, buffer, numbers, Math.ceil(size / GROUP), 0, what);
}
