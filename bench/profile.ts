/**
 * Where time goes: a backend that counts the calls of every operation and the time within them; and which operations run,
 * in which shapes. One after the other: writing down takes longer than many an operation.
 */

import { Tensor } from '../src/backend/backend.ts';
import type { Backend } from '../src/backend/backend.ts';
import { Forwarding } from '../src/backend/forwarding.ts';

export interface Share {
  readonly operation: string;
  readonly calls: number;
  /** On the clock, where operations run when they are called: asking for the processor's time takes too long. */
  readonly seconds: number;
}

const OPERATIONS = [
  'matmul', 'conv3d', 'softmax', 'add', 'sub', 'mul', 'div', 'affine', 'map', 'sum', 'rmsNorm', 'l2Normalize', 'reshape',
  'permute', 'concat', 'slice', 'expand', 'take', 'resize', 'rotary', 'upload',
  'conv3dWeightGradient', 'resizeGradient', 'mapGradient', 'l2NormalizeGradient', 'l2NormalizeGainGradient',
] as const;

/** An operation of the backend interface in one shape. */
export interface Call {
  readonly operation: string;
  /** As they were given; a tensor is {tensor: shape}. */
  readonly args: readonly unknown[];
  /** How often. */
  readonly times: number;
}

export class Profile {
  private readonly shares = new Map<string, { calls: number; seconds: number }>();
  private readonly seen = new Map<string, Call>();

  /** @param what is recorded: the shapes of calls, or their times. */
  constructor(private readonly what: 'calls' | 'times') {}

  /** `b`, observed. */
  around(b: Backend): Backend {
    return new Profiled(b, this);
  }

  /** Most time first. */
  result(): Share[] {
    const all = [...this.shares].map(([operation, share]) => ({ operation, ...share }));
    return all.sort((a, b) => b.seconds - a.seconds);
  }

  calls(): Call[] {
    return [...this.seen.values()];
  }

  /** Runs one operation and records it. */
  record(operation: (typeof OPERATIONS)[number], args: readonly unknown[], call: () => Tensor): Tensor {
    if (this.what === 'times') return this.time(operation, call);
    this.note(operation, args);
    return call();
  }

  /** Notes what is computed; what comes from the host is no work of the device. */
  private note(operation: (typeof OPERATIONS)[number], args: readonly unknown[]): void {
    if (operation === 'upload') return;
    const call = { operation, args: args.map(described) };
    const key = JSON.stringify(call);
    this.seen.set(key, { ...call, times: (this.seen.get(key)?.times ?? 0) + 1 });
  }

  private time(operation: string, call: () => Tensor): Tensor {
    let share = this.shares.get(operation);
    if (share === undefined) {
      share = { calls: 0, seconds: 0 };
      this.shares.set(operation, share);
    }
    const start = performance.now();
    const result = call();
    share.seconds += (performance.now() - start) / 1e3;
    share.calls++;
    return result;
  }
}

class Profiled extends Forwarding {
  constructor(
    inner: Backend,
    private readonly profile: Profile,
  ) {
    super(inner);
    for (const name of OPERATIONS) this.observe(name);
  }

  override scope<T>(stage: string, body: (b: Backend) => Promise<T>): Promise<T> {
    return this.inner.scope(stage, (inner) => body(new Profiled(inner, this.profile)));
  }

  private observe(name: (typeof OPERATIONS)[number]): void {
    const operation = this.inner[name].bind(this.inner) as (...args: readonly unknown[]) => Tensor;
    const counted = (...args: readonly unknown[]): Tensor => this.profile.record(name, args, () => operation(...args));
    Object.defineProperty(this, name, { value: counted });
  }
}

/** An argument as JSON can say it. */
function described(value: unknown): unknown {
  if (value instanceof Tensor) return { tensor: value.shape };
  if (value instanceof Int32Array) return [...value];
  if (Array.isArray(value)) return value.map(described);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, described(part)]));
}
