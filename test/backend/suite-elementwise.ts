/** Operations on single elements: broadcasting, and functions of one variable by table and by formula. */

import { describe, it } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import type { MapFunction } from '../../src/backend/backend.ts';
import { build, expectClose, random } from './arrays.ts';
import * as define from './definitions.ts';
import type { Subject } from './suite.ts';

export function describeElementwise({ backend, tolerance }: Subject): void {
  describe('elementwise', () => {
    it.each([
      [[3, 4], [3, 4]],
      [[2, 3, 4], [4]],
      [[2, 3, 4], [3, 1]],
      [[2, 1, 4], [1, 3, 1]],
      [[5], [2, 3, 1]],
      [[], [2, 2]],
      [[2, 3, 2, 2, 3], [3, 1, 1, 1]],
    ])('broadcasts %j with %j', async (shapeA, shapeB) => {
      const b = backend();
      const [x, y] = [random(shapeA, 1), random(shapeB, 2)];
      const [u, v] = [b.upload(x), b.upload(y)];
      expectClose(await b.read(b.add(u, v)), define.broadcast(x, y, (p, q) => p + q), tolerance);
      expectClose(await b.read(b.sub(u, v)), define.broadcast(x, y, (p, q) => p - q), tolerance);
      expectClose(await b.read(b.mul(u, v)), define.broadcast(x, y, (p, q) => p * q), tolerance);
      expectClose(await b.read(b.div(u, v)), define.broadcast(x, y, (p, q) => p / q), tolerance);
    });

    it('scales and shifts', async () => {
      const [b, x] = [backend(), random([2, 5])];
      expectClose(await b.read(b.affine(b.upload(x), -1.5)), build(x.shape, (i, j) => -1.5 * x.get(i, j)), tolerance);
      const shifted = build(x.shape, (i, j) => 0.25 * x.get(i, j) + 3);
      expectClose(await b.read(b.affine(b.upload(x), 0.25, 3)), shifted, tolerance);
    });
  });

  describe('map', () => {
    const values = [-100, -20, -3, -1, -0.5, -1e-3, -0, 0, 1e-3, 0.5, 1, 3, 20, 80];
    const positive = values.filter((value) => value > 0);
    /** Values from tables: torch.nn.functional in double precision. */
    const known: readonly [MapFunction, number, number][] = [
      ['silu', 1, 0.7310585786300049],
      ['silu', -3, -0.14227761953270035],
      ['silu', -100, -3.720075976020836e-42],
      ['gelu', 1, 0.8411919906082768],
      ['gelu', -0.5, -0.15428599018516672],
      ['gelu', 80, 80],
      ['gelu', -100, 0],
      ['sigmoid', -20, 2.0611536181902037e-9],
      ['sigmoid', 0.5, 0.6224593312018546],
      ['exp', 3, 20.085536923187668],
      ['log', 20, 2.995732273553991],
    ];
    it.each(known)('%s(%f) = %f', async (f, x, want) => {
      const got = await backend().read(backend().map(f, backend().upload(hostTensor(Float32Array.of(x), [1]))));
      expectClose(got, hostTensor(Float32Array.of(want), [1]), tolerance);
    });

    const formulas: readonly [MapFunction, (x: number) => number, number[]][] = [
      ['silu', (x) => x / (1 + Math.exp(-x)), values],
      ['gelu', (x) => x / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))), values],
      ['relu', (x) => (x > 0 ? x : 0), values],
      ['sigmoid', (x) => 0.5 + 0.5 * Math.tanh(x / 2), values],
      ['exp', Math.exp, values.filter((value) => value < 80)],
      ['log', Math.log, positive],
      ['step', (x) => (x > 0 ? 1 : 0), values],
    ];
    it.each(formulas)('%s follows its formula, far from zero too', async (f, formula, at) => {
      const x = hostTensor(Float32Array.from(at), [at.length]);
      const got = await backend().read(backend().map(f, backend().upload(x)));
      expectClose(got, build(x.shape, (i) => formula(x.get(i))), tolerance);
    });
  });
}
