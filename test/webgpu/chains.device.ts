/**
 * Elementwise operations and moves that wait (waiting.ts): random programs give, bit for bit, what they give where every result
 * is computed at once, whoever wants a result twice, ends an operand early, or takes its buffer for something else; and no more
 * memory stays than what waits is worth.
 */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebgpuBackend } from '../../backends/webgpu/backend.ts';
import { WebgpuDevice } from '../../backends/webgpu/device.ts';
import { webgpuBackend } from '../../backends/webgpu/index.ts';
import { sizeOf } from '../../src/array/host.ts';
import type { Shape } from '../../src/array/host.ts';
import type { Backend, MapFunction, Tensor } from '../../src/backend/backend.ts';
import { findAdapter } from '../../src/backend/webgpu-adapter.ts';
import { random } from '../backend/arrays.ts';

/** One step: which operation, on which of the tensors that are there, how. All numbers are taken modulo what is possible. */
interface Step {
  readonly operation: number;
  readonly of: number;
  readonly with: number;
  readonly how: number;
  /** Whether an operand ends at once, and something else is uploaded. */
  readonly ends: boolean;
}

const steps = fc.array(fc.record({
  operation: fc.nat(11), of: fc.nat(), with: fc.nat(), how: fc.nat(1000), ends: fc.boolean(),
}), { minLength: 2, maxLength: 14 });

const extents = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(1, 2, 3, 4, 6) }, { weight: 1, arbitrary: fc.constant(0) });
const programs = fc.record({ shape: fc.array(extents, { minLength: 5, maxLength: 5 }), steps });

const MAPS: readonly MapFunction[] = ['silu', 'gelu', 'relu', 'sigmoid', 'exp', 'step'];

interface Program {
  readonly shape: Shape;
  readonly steps: readonly Step[];
}

/** The values of all tensors that are left, with their shapes. @param eager whether every result is computed at once. */
async function run(b: Backend, { shape, steps }: Program, eager: boolean): Promise<unknown[]> {
  return b.scope('program', async (b) => {
    const broadcast = shape.map((extent, i) => (i % 2 === 0 ? Math.min(extent, 1) : extent));
    const live = [b.upload(random(shape)), b.upload(random(broadcast, 2))];
    for (const [i, step] of steps.entries()) {
      const x = live[step.of % live.length];
      const y = result(b, x, live, step);
      live.push(y);
      if (eager) await b.read(y);
      if (!step.ends || live.length < 3) continue;
      const [ended] = live.splice(step.with % (live.length - 1), 1);
      const { shape } = ended;
      b.free(ended);
      b.free(b.upload(random(shape, 100 + i))); // takes its buffer, if it may
    }
    const values = [];
    for (const x of live) values.push([x.shape, [...(await b.read(x)).data]]);
    return values;
  });
}

function result(b: Backend, x: Tensor, live: readonly Tensor[], { operation, with: other, how }: Step): Tensor {
  const axis = how % x.shape.length;
  const extent = x.shape[axis];
  const y = live[other % live.length];
  switch (operation) {
    case 0: return b.map(MAPS[how % MAPS.length], b.affine(x, 0.1));
    case 1: return b.affine(x, (how % 7) / 8 - 0.4, (how % 5) / 4);
    case 2: return b.permute(x, x.shape.map((_, i) => (i + how) % x.shape.length));
    case 3: return b.slice(x, axis, Math.min(1 + (how % 3), extent) - Math.min(extent, 1), extent);
    case 4: {
      const first = b.slice(x, axis, 0, Math.min(extent, 1));
      return b.concat([x, ...new Array<Tensor>(how % 4).fill(first), b.affine(x, 2)], axis);
    }
    case 5: return extent === 1 ? b.expand(x, x.shape.with(axis, 1 + (how % 3))) : b.sum(x, [axis]);
    case 6: return b.reshape(x, regrouped(x.shape, how));
    case 7: {
      if (x.shape.length !== 5 || sizeOf(x.shape) > 4000) return b.affine(x, 1.5);
      const [D, H, W] = x.shape.slice(2) as [number, number, number];
      return b.resize(x, how % 3 === 0 ? [2 * D, H, 3 * W] : [D, 2 * H, 2 * W], 'nearest');
    }
    case 8: return b.softmax(x);
    default: {
      if (!broadcasts(x.shape, y.shape)) return b.sub(x, b.affine(x, 0.5));
      if (how % 4 === 3) return b.div(x, b.affine(b.map('sigmoid', y), 1, 0.5));
      return how % 4 === 0 ? b.add(x, y) : how % 4 === 1 ? b.sub(y, x) : b.mul(x, y);
    }
  }
}

/** Two neighbouring axes as one, or one as two. */
function regrouped(shape: Shape, how: number): number[] {
  const axis = how % shape.length;
  const extent = shape[axis];
  if (how % 2 === 0 && axis + 1 < shape.length) return shape.toSpliced(axis, 2, extent * shape[axis + 1], 1);
  const half = extent % 2 === 0 ? 2 : 1;
  return shape.length > 6 ? [...shape] : shape.toSpliced(axis, 1, extent / half, half);
}

function broadcasts(a: Shape, b: Shape): boolean {
  return [...Array(Math.min(a.length, b.length)).keys()].every((i) => {
    const [m, n] = [a.at(-1 - i), b.at(-1 - i)];
    return m === n || m === 1 || n === 1;
  });
}

/** Launches of what `body` does, and what it returns. */
async function launches<T>(b: WebgpuBackend, body: (b: Backend) => Promise<T>): Promise<{ count: number; value: T }> {
  const before = b.counts.launches;
  const value = await b.scope('counted', body);
  return { count: b.counts.launches - before, value };
}

describe('what waits', () => {
  let b: WebgpuBackend;
  beforeAll(async () => {
    b = await webgpuBackend();
  });
  afterAll(() => b.close());

  it('has the bits of what is computed at once', async () => {
    await fc.assert(fc.asyncProperty(programs, async (program) => {
      expect(await run(b, program, false)).toEqual(await run(b, program, true));
      expect(b.counts.arrays).toBe(1); // the 1 that stands for an absent argument
    }), { numRuns: 60 });
  }, 300_000);

  it('is one launch, with broadcasting, moves and nearest neighbours in it', async () => {
    const { count, value } = await launches(b, async (b) => {
      const [x, z] = [b.upload(random([1, 4, 2, 4, 4])), b.upload(random([1, 4, 2, 2, 2], 2))];
      const bias = b.upload(random([4, 1, 1, 1], 3));
      const scaled = b.mul(x, b.resize(z, [2, 4, 4], 'nearest'));
      const moved = b.permute(b.reshape(b.map('silu', b.add(scaled, bias)), [4, 2, 16]), [1, 2, 0]);
      return [...(await b.read(b.slice(b.affine(moved, 2, 1), 0, 1, 2))).data];
    });
    expect(count).toBe(1);
    const [x, z, bias] = [random([4, 2, 4, 4]), random([4, 2, 2, 2], 2), random([4], 3)];
    const want = [...Array(64).keys()].map((i) => {
      const [c, h, w] = [i % 4, i >> 4, (i >> 2) % 4];
      const v = x.get(c, 1, h, w) * z.get(c, 1, h >> 1, w >> 1) + bias.get(c);
      return (2 * v) / (1 + Math.exp(-v)) + 1;
    });
    for (const [i, v] of value.entries()) expect(v).toBeCloseTo(want[i], 5);
  });

  it('is computed once where it is wanted twice, and not at all where nobody wants it', async () => {
    const { count } = await launches(b, async (b) => {
      const x = b.map('exp', b.upload(random([100])));
      b.softmax(x); // computes x, 2 launches
      b.affine(b.map('gelu', x), 2); // nobody wants it
      for (let i = 0; i < 5; i++) b.softmax(b.affine(x, i)); // 2 each
      const y = b.affine(b.map('silu', x), 3); // has its part in one expression, then in a second one
      await b.read(b.concat([b.affine(y, 1), b.affine(y, 2), b.affine(y, 3)], 0)); // y, and 3 of which one has y's operations
    });
    expect(count).toBe(2 + 10 + 4);
  });

  it('keeps no large array for a small result, and is bounded in length', async () => {
    const bytes = b.counts.reservedBytes;
    await b.scope('kept', async (outer) => {
      const x = outer.upload(random([64, 1024]));
      const kept = [];
      for (let i = 0; i < 50; i++) {
        kept.push(await outer.scope('large', async (b) => b.map('exp', b.slice(b.softmax(x), 0, 5, 6))));
      }
      expect(b.counts.reservedBytes - bytes).toBeLessThan(2e6); // 262 kB each
      await outer.read(outer.concat(kept, 0));
    });
    const { count } = await launches(b, async (b) => {
      let x = b.upload(random([10]));
      for (let i = 0; i < 1000; i++) x = b.affine(x, 1, 1);
      return b.read(x);
    });
    expect(count).toBe(Math.ceil(1000 / 16));
  });

  it('compiles by the form, not by extents or numbers', async () => {
    const run = (extent: number, scale: number): Promise<unknown> => b.scope('form', async (b) => {
      const [x, y] = [b.upload(random([2, extent, 3])), b.upload(random([extent, 1]))];
      return b.read(b.map('relu', b.affine(b.sub(x, y), scale, extent)));
    });
    await run(5, 0.5);
    const { compilations } = b.counts;
    for (let i = 2; i < 10; i++) await run(i, i / 3);
    expect(b.counts.compilations).toBe(compilations);
  });
});

/** Where the text of a chain is broken; the expressions of what is computed at once then give other values. */
const FAULTS: readonly (readonly [name: string, find: RegExp, replace: string])[] = [
  ['an axis is walked by the stride of another', /(let at0 = .*c0 \* p\.words\[\d\]\.)(\w)/g, '$1x + 0u * p.words[0].$2'],
  ['a view starts at the beginning', /let at0 = p\.words\[\d\]\.\w \+/g, 'let at0 ='],
  ['a coordinate is not taken off', / - rest1 \* p\.words\[0\]\.x/g, ''],
  ['operands change places', /\(v0 - v1\)/g, '(v1 - v0)'],
  ['a shift is forgotten', / \+ n1\)/g, ')'],
  ['a result lands elsewhere', /y\[to\] =/g, 'y[i] ='],
];

describe('a planted fault is found', () => {
  const x = random([3, 4, 5]);
  const y = random([4, 1], 2);
  const want = (l: number, i: number, j: number): number => (2 * (x.get(i, l, j) - y.get(l, 0))) / 4 + 0.5;

  const check = async (b: Backend): Promise<void> => {
    const d = b.affine(b.permute(b.sub(b.upload(x), b.upload(y)), [1, 0, 2]), 0.5, 0.5); // (4, 3, 5)
    const joined = await b.read(b.concat([b.slice(d, 0, 1, 3), b.slice(d, 0, 0, 2)], 1)); // (2, 6, 5)
    const wanted = [...Array(60).keys()].map((n) => {
      const [l, i, j] = [Math.floor(n / 30), Math.floor(n / 5) % 6, n % 5];
      return i < 3 ? want(l + 1, i, j) : want(l, i - 3, j);
    });
    for (const [n, v] of joined.data.entries()) expect(v).toBeCloseTo(wanted[n], 5);
  };

  it('but not where there is none', async () => {
    const b = await webgpuBackend();
    await check(b);
    await b.close();
  });

  it.each(FAULTS)('%s', async (_name, find, replace) => {
    const { adapter, name, software } = await findAdapter();
    const device = await adapter.requestDevice();
    const createShaderModule = device.createShaderModule.bind(device);
    let planted = 0;
    device.createShaderModule = ({ code }) => {
      const broken = code.replace(find, replace);
      if (broken !== code) planted++;
      return createShaderModule({ code: broken });
    };
    const b = new WebgpuBackend(new WebgpuDevice(device, name, software));
    await expect(check(b)).rejects.toThrow(/to be close to/);
    expect(planted).toBeGreaterThan(0);
    await b.close();
  });
});
