/** The precision of the released scripts: values are rounded to bf16 where, and only where, their autocast does. */

import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import type { HostTensor } from '../../src/array/host.ts';
import type { Backend, Tensor } from '../../src/backend/backend.ts';
import { officialPrecision, roundToBf16 } from '../../src/backend/official-precision.ts';
import { weightsAt } from '../../src/backend/weights.ts';
import { makeBackend } from '../../src/backends.ts';
import { loadModel } from '../../src/model/load.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';
import { gatedMlp } from '../../src/transformer/gated-mlp.ts';
import { random } from './arrays.ts';

/** By the bits: nearest, ties to even. */
function bf16(x: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, x);
  const bits = view.getUint32(0);
  view.setUint32(0, ((bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000) >>> 0);
  return view.getFloat32(0);
}

const rounded = (x: HostTensor): HostTensor => hostTensor(rowMajor(x).map(bf16), x.shape);

async function inside(b: Backend, stage: string, run: (b: Backend) => Tensor): Promise<HostTensor> {
  return officialPrecision(b).scope(stage, async (inner) => inner.read(run(inner)));
}

for (const name of ['reference', 'wasm'] as const) {
  describe(`official precision on ${name}`, () => {
    it('rounds as bf16 does, ties to even', async () => {
      const b = await makeBackend(name, { threads: 1 });
      const ties = Array.from({ length: 256 }, (_, i) => (2 * (256 + i) + 1) / 512);
      const most = Math.fround(1e30);
      const value = fc.float({ min: -most, max: most, noNaN: true }).filter((x) => x === 0 || Math.abs(x) > 1e-30);
      await fc.assert(fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 200 }), async (drawn) => {
        const x = hostTensor(Float32Array.from([...drawn, ...ties, ...ties.map((tie) => -tie)]), [drawn.length + 512]);
        const got = rowMajor(await b.scope('round', async (s) => s.read(roundToBf16(s, s.upload(x)))));
        expect(Array.from(got, (y) => y + 0)).toEqual(Array.from(x.data, (y) => bf16(y) + 0));
      }), { numRuns: 30 });
      await b.close();
    });

    it('gives products and what follows from them alone in bf16; channel norms, heads and all else in float32', async () => {
      const b = await makeBackend(name, { threads: 1 });
      const [x, w, y] = [random([2, 3, 8], 1), random([5, 8], 2), random([2, 3, 5], 3)];
      const product = (s: Backend): Tensor => s.matmul(s.upload(x), s.upload(w), { transposeB: true });
      const plain = await b.scope('plain', async (s) => s.read(s.matmul(s.upload(rounded(x)), s.upload(rounded(w)), { transposeB: true })));
      const close = (got: HostTensor, expected: HostTensor, tolerance: number): void => {
        rowMajor(got).forEach((value, i) => {
          expect(Math.abs(value - rowMajor(expected)[i])).toBeLessThanOrEqual(tolerance * Math.abs(value) + 1e-6);
        });
      };
      const narrow = await inside(b, 'sample', product);
      expect(rowMajor(narrow)).toEqual(rowMajor(rounded(narrow)));
      close(narrow, rounded(plain), 2 ** -7);
      expect(rowMajor(await inside(b, 'sample', (s) => s.add(product(s), product(s))))).toEqual(rowMajor(narrow).map((v) => bf16(2 * v)));
      const mixed = await inside(b, 'sample', (s) => s.add(product(s), s.upload(y)));
      close(mixed, hostTensor(rowMajor(narrow).map((v, i) => v + y.data[i]), y.shape), 1e-6);
      expect(rowMajor(mixed)).not.toEqual(rowMajor(rounded(mixed)));
      const normed = await inside(b, 'decode', (s) => s.l2Normalize(product(s), 1));
      expect(rowMajor(normed)).not.toEqual(rowMajor(rounded(normed)));
      for (const stage of ['condition', 'logits', 'text_encoder']) {
        close(await inside(b, stage, product), await b.scope('plain', async (s) => s.read(product(s))), 1e-6);
      }
      await b.close();
    });
  });
}

it('computes the MLP of a block as torch does in bf16', async () => {
  const b = referenceBackend();
  const [x, gate, up, down] = [random([1, 4, 8], 1), random([16, 8], 2), random([16, 8], 3), random([8, 16], 4)];
  const keys = new Map([['gate_proj.weight', b.upload(gate)], ['up_proj.weight', b.upload(up)], ['down_proj.weight', b.upload(down)]]);
  const got = await inside(b, 'sample', (s) => gatedMlp(s, s.upload(x), weightsAt(keys, '')));
  const linear = (input: readonly number[][], w: HostTensor): number[][] => input.map((row) => {
    return Array.from({ length: w.shape[0] }, (_, o) => {
      return bf16(Math.fround(row.reduce((sum, v, i) => sum + bf16(v) * bf16(w.get(o, i)), 0)));
    });
  });
  const rows = Array.from({ length: 4 }, (_, l) => Array.from({ length: 8 }, (_, c) => x.get(0, l, c)));
  const [g, u] = [linear(rows, gate), linear(rows, up)];
  const silu = (v: number): number => bf16(Math.fround(v / (1 + Math.exp(-v))));
  const expected = linear(g.map((row, l) => row.map((v, i) => bf16(Math.fround(silu(v) * u[l][i])))), down);
  expect(Array.from(rowMajor(got))).toEqual(expected.flat());
});

it('changes some bits of a picture, which stays a picture', async () => {
  const backend = await makeBackend('wasm', { threads: 1 });
  const frames: Uint8Array[] = [];
  const bits: string[][] = [];
  for (const precision of ['float32', 'official'] as const) {
    const model = await loadModel(join(import.meta.dirname, '../../fixtures/models/toy'), backend, { precision });
    const steps: string[] = [];
    const onStep = (step: { sampled: Uint8Array }): void => void steps.push(step.sampled.join(''));
    const request = { prompt: 'a red circle moving right on a white background', frames: 1, seed: 4, onStep };
    frames.push(rowMajor((await generateVideo(model, request)).frames));
    bits.push(steps);
    await model.close();
  }
  await backend.close();
  const [exact, narrow] = bits.map((steps) => steps.join(''));
  const different = [...exact].filter((bit, i) => bit !== narrow[i]).length;
  expect(different).toBeGreaterThan(0);
  expect(different / exact.length).toBeLessThan(0.25);
  const error = Math.sqrt(frames[0].reduce((sum, v, i) => sum + (v - frames[1][i]) ** 2, 0) / frames[0].length);
  expect(error).toBeLessThan(60);
});
