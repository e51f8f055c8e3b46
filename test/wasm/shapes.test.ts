/** Random shapes across the kernels' block sizes, against the reference backend. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WasmBackend } from '../../backends/wasm/index.ts';
import { wasmBackend } from '../../backends/wasm/index.ts';
import { referenceBackend } from '../../reference/backend.ts';
import type { Backend, MapFunction, ResizeMode, Tensor } from '../../src/backend/backend.ts';
import type { HostTensor } from '../../src/array/host.ts';
import { hostTensor } from '../../src/array/host.ts';
import { absolute, expectClose, expectConvolved, random } from '../backend/arrays.ts';

type Up = (...shape: number[]) => Tensor;

const reference = referenceBackend();
let wasm: WasmBackend;
beforeAll(async () => {
  wasm = await wasmBackend({ threads: 2 });
});
afterAll(() => wasm.close());

function resultOf(b: Backend, run: (b: Backend, up: Up) => Tensor, make = random): Promise<HostTensor> {
  let seed = 1;
  return b.scope('case', async (inner) => inner.read(run(inner, (...shape) => inner.upload(make(shape, seed++)))));
}

/** Both backends, same inputs. */
async function agree(run: (b: Backend, up: Up) => Tensor): Promise<void> {
  expectClose(await resultOf(wasm, run), await resultOf(reference, run), 2e-5);
}

/** The same of a convolution and what scales its operands. */
async function convolveAlike(run: (b: Backend, up: Up) => Tensor): Promise<void> {
  const sums = await resultOf(reference, run, (shape, seed) => absolute(random(shape, seed)));
  expectConvolved(await resultOf(wasm, run), await resultOf(reference, run), sums);
}

function property<T>(
  name: string, inputs: fc.Arbitrary<T>, run: (b: Backend, up: Up, inputs: T) => Tensor, numRuns = 40, check = agree,
): void {
  it(name, async () => {
    await fc.assert(fc.asyncProperty(inputs, (values) => check((b, up) => run(b, up, values))), { numRuns });
  });
}

const upTo = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
const flag = fc.boolean();

describe('random shapes', () => {
  property('matmul', fc.record({
    batch: fc.constantFrom([], [2], [2, 3]), m: upTo(80), k: upTo(300), n: upTo(150),
    transposeA: flag, transposeB: flag, bias: flag, plain: flag,
  }), (b, up, { batch, m, k, n, transposeA, transposeB, bias, plain }) => {
    const lead = plain ? [] : batch;
    const [a, c] = [up(...batch, ...(transposeA ? [k, m] : [m, k])), up(...lead, ...(transposeB ? [n, k] : [k, n]))];
    return b.matmul(b.affine(a, 0.2), c, { transposeA, transposeB, ...(bias ? { bias: up(n) } : {}) });
  }, 60);

  property('conv3d', fc.record({
    batch: upTo(2), c: upTo(40), o: upTo(9), t: upTo(2), h: upTo(12), w: upTo(20),
    taps: fc.constantFrom([1, 1, 1], [3, 3, 3], [2, 1, 3], [1, 5, 1]),
    bias: flag,
  }), (b, up, { batch, c, o, t, h, w, taps: [kt, kh, kw], bias }) => {
    return b.conv3d(b.affine(up(batch, c, t + kt - 1, h, w), 0.2), up(o, c, kt, kh, kw), bias ? up(o) : undefined);
  }, 40, convolveAlike);
  property('conv3d of 3×3 in space, many channels', fc.record({
    batch: upTo(3), c: upTo(40), o: upTo(80), t: upTo(10), h: upTo(13), w: upTo(36), kt: fc.constantFrom(1, 2, 3), bias: flag,
  }), (b, up, { batch, c, o, t, h, w, kt, bias }) => {
    return b.conv3d(b.affine(up(batch, c, t + kt - 1, h, w), 0.2), b.affine(up(o, c, kt, 3, 3), 0.3), bias ? up(o) : undefined);
  }, 40, convolveAlike);
  it('conv3d of a sample is the same, bit for bit, whatever is beside it in the batch', async () => {
    const taps = fc.constantFrom(1, 3);
    const side = fc.integer({ min: 3, max: 12 });
    const inputs = fc.record({ c: upTo(12), o: upTo(9), t: upTo(3), h: side, w: side, kt: taps, size: fc.constantFrom(3, 3, 1) });
    await fc.assert(fc.asyncProperty(inputs, async ({ c, o, t, h, w, kt, size }) => {
      const convolved = (from: number, to: number): Promise<HostTensor> => resultOf(wasm, (b, up) => {
        return b.conv3d(b.slice(up(5, c, t + kt - 1, h, w), 0, from, to), up(o, c, kt, size, size), up(o));
      });
      const [all, one] = [await convolved(0, 5), await convolved(3, 4)];
      expect(all.data.subarray(3 * one.size, 4 * one.size)).toEqual(one.data);
    }), { numRuns: 60 });
  });
  property('gradient of a weight of 3×3 in space', fc.record({
    batch: upTo(3), c: fc.integer({ min: 7, max: 20 }), o: fc.integer({ min: 7, max: 20 }), t: upTo(6), h: upTo(13), w: upTo(36),
    kt: fc.constantFrom(1, 2, 3),
  }), (b, up, { batch, c, o, t, h, w, kt }) => {
    return b.conv3dWeightGradient(up(batch, c, t + kt - 1, h, w), b.affine(up(batch, o, t, h, w), 0.1), [kt, 3, 3]);
  }, 25, convolveAlike);
  property('conv3d with many outputs or long rows', fc.record({ o: upTo(140), h: upTo(3), w: upTo(600), k: fc.constantFrom(1, 3) }), (b, up, {
    o, h, w, k,
  }) => b.conv3d(up(1, 2, k, h, Math.ceil(w / o) + 250), up(o, 2, k, k, k)), 12, convolveAlike);

  const shape = fc.array(fc.constantFrom(1, 2, 3, 5, 8, 33), { minLength: 1, maxLength: 5 });
  const axis = (rank: number, pick: number): number => pick % rank;
  property('broadcasting', fc.record({ shape, a: fc.nat(31), b: fc.nat(31), cut: fc.nat(4) }), (b, up, { shape, a, b: other, cut }) => {
    const ones = (mask: number): number[] => shape.map((extent, i) => ((mask >> i) & 1 ? 1 : extent));
    return b.sub(up(...ones(a)), up(...ones(other).slice(cut % shape.length)));
  });
  property('permute', fc.record({ shape, order: fc.array(fc.nat(), { minLength: 5, maxLength: 5 }) }), (b, up, { shape, order }) => {
    return b.permute(up(...shape), shape.map((_, i) => i).sort((i, j) => order[i] - order[j] || i - j));
  });
  property('slice, concat', fc.record({ shape, pick: fc.nat(), start: fc.nat(), end: fc.nat() }), (b, up, values) => {
    const { shape, pick, start, end } = values;
    const along = axis(shape.length, pick);
    const x = up(...shape);
    const from = start % shape[along];
    return b.concat([x, b.slice(x, along, from, from + 1 + (end % (shape[along] - from))), x], along);
  });
  property('sum', fc.record({ shape, axes: fc.nat(31) }), (b, up, { shape, axes }) => {
    return b.sum(up(...shape), shape.map((_, i) => i).filter((i) => (axes >> i) & 1));
  });
  property('l2Normalize', fc.record({ shape, pick: fc.nat(), gain: flag }), (b, up, { shape, pick, gain }) => {
    const along = axis(shape.length, pick);
    return b.l2Normalize(up(...shape), along, gain ? up(shape[along]) : undefined);
  });
  property('softmax, rmsNorm', fc.record({ rows: upTo(40), width: upTo(70) }), (b, up, { rows, width }) => {
    return b.rmsNorm(b.softmax(b.affine(up(rows, width), 3)), up(width), 1e-6);
  });
  property('rotary', fc.record({ heads: upTo(5), length: upTo(20), pairs: upTo(20) }), (b, up, { heads, length, pairs }) => {
    return b.rotary(up(heads, length, 2 * pairs), up(2, length, pairs));
  });
  property('resize', fc.record({
    c: upTo(3), from: fc.tuple(upTo(9), upTo(9), upTo(9)), to: fc.tuple(upTo(17), upTo(17), upTo(17)),
    mode: fc.constantFrom<ResizeMode>('nearest', 'area', 'trilinear'),
  }), (b, up, { c, from, to, mode }) => b.resize(up(1, c, ...from), to, mode));
  property('take', fc.record({ width: upTo(30), rows: fc.array(fc.nat(6), { minLength: 1 }) }), (b, up, { width, rows }) => {
    return b.take(up(7, width), Int32Array.from(rows));
  });
});

describe('functions of one variable', () => {
  const edges = [
    0, -0, 1, -1, 1e-40, 1e-30, 88.6, -87.5, -100, 103, 1e30, -1e30, Infinity, -Infinity, NaN, 0.70710677, 0.99999994,
  ];
  it.each<MapFunction>(['silu', 'gelu', 'relu', 'sigmoid', 'exp', 'log', 'step'])('%s agrees everywhere', async (f) => {
    // Where exp(−x) overflows, silu is 0 here; where tanh rounds to −1, gelu is 0 in the reference.
    const floor = f === 'gelu' ? 1e-14 : 1e-36;
    const values = Float32Array.from([...edges, ...Array.from({ length: 4000 }, (_, i) => (i - 2000) / 21.7)]);
    const [got, want] = await Promise.all([wasm, reference].map(async (b) => {
      return (await b.read(b.map(f, b.upload(hostTensor(values, [values.length]))))).data;
    }));
    for (let i = 0; i < values.length; i++) {
      const error = Math.abs(got[i] - want[i]);
      const close = Object.is(got[i], want[i]) || got[i] === want[i] || error <= 3e-6 * Math.abs(want[i]) + floor;
      expect(close, `${f}(${values[i]}) = ${want[i]}, got ${got[i]}`).toBe(true);
    }
  });
});
