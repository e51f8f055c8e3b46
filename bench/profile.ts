/** Where time goes: a backend that counts the calls of every operation and the time within them. */

import type { Shape } from '../src/array/host.ts';
import type { Backend, MatmulOptions, Tensor } from '../src/backend/backend.ts';
import { Forwarding } from '../src/backend/forwarding.ts';

export interface Share {
  readonly operation: string;
  readonly calls: number;
  /** Seconds of the processor: on one thread, of a backend that runs operations when they are called. */
  readonly seconds: number;
}

const OPERATIONS = [
  'matmul', 'conv3d', 'softmax', 'add', 'sub', 'mul', 'div', 'affine', 'map', 'sum', 'rmsNorm', 'l2Normalize', 'reshape',
  'permute', 'concat', 'slice', 'expand', 'take', 'resize', 'rotary', 'upload',
] as const;

/** One of the three operations that take the time, in one shape. */
export interface Call {
  readonly kind: 'matmul' | 'conv3d' | 'softmax';
  readonly shapes: readonly Shape[];
  readonly transposed: readonly [a: boolean, b: boolean];
  /** How often. */
  readonly times: number;
}

export class Profile {
  private readonly shares = new Map<string, { calls: number; seconds: number }>();
  private readonly seen = new Map<string, Call>();

  /** `b`, observed. */
  around(b: Backend): Backend {
    return new Profiled(b, this);
  }

  clear(): void {
    this.shares.clear();
    this.seen.clear();
  }

  /** Most time first. */
  result(): Share[] {
    const all = [...this.shares].map(([operation, share]) => ({ operation, ...share }));
    return all.sort((a, b) => b.seconds - a.seconds);
  }

  calls(): Call[] {
    return [...this.seen.values()];
  }

  /** Notes what is computed, if it is one of the three. */
  note(operation: (typeof OPERATIONS)[number], args: readonly unknown[]): void {
    if (operation !== 'matmul' && operation !== 'conv3d' && operation !== 'softmax') return;
    const shapes = args.slice(0, operation === 'softmax' ? 1 : 2).map((x) => (x as Tensor).shape);
    const { transposeA = false, transposeB = false } = operation === 'matmul' ? (args[2] as MatmulOptions | undefined ?? {}) : {};
    const call = { kind: operation, shapes, transposed: [transposeA, transposeB] as const };
    const key = JSON.stringify(call);
    this.seen.set(key, { ...call, times: (this.seen.get(key)?.times ?? 0) + 1 });
  }

  /** Runs one operation on the clock. */
  count<T>(operation: string, call: () => T): T {
    const start = process.cpuUsage();
    const result = call();
    const { user, system } = process.cpuUsage(start);
    const share = this.shares.get(operation) ?? { calls: 0, seconds: 0 };
    this.shares.set(operation, share);
    share.calls++;
    share.seconds += (user + system) / 1e6;
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
    const counted = (...args: readonly unknown[]): Tensor => {
      this.profile.note(name, args);
      return this.profile.count(name, () => operation(...args));
    };
    Object.defineProperty(this, name, { value: counted });
  }
}
