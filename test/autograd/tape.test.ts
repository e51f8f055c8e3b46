/** The tape: gradients add up, constants stop them, and memory goes down as it is unwound. */

import { describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/wasm/index.ts';
import { referenceBackend } from '../../reference/backend.ts';
import { rowMajor } from '../../src/array/host.ts';
import { differentiate, recorder } from '../../src/autograd/differentiate.ts';
import { stopGradient } from '../../src/autograd/stop-gradient.ts';
import type { Backend, Tensor } from '../../src/backend/backend.ts';
import { LifetimeError } from '../../src/backend/ownership.ts';
import { ShapeError, UnsupportedError } from '../../src/errors.ts';
import { build, expectClose, random } from '../backend/arrays.ts';

const total = (b: Backend, x: Tensor): Tensor => b.sum(x, x.shape.map((_, axis) => axis));

describe('differentiate', () => {
  it('adds the gradients of all uses of a value, through stages too', async () => {
    const b = referenceBackend();
    const x = b.upload(random([3]));
    const gradients = await differentiate(b, [x], async (s) => {
      const doubled = await s.scope('double', async (inner) => inner.add(x, x)); // 2x
      const squares = await s.scope('square', async (inner) => inner.mul(doubled, doubled)); // 4x²
      return total(s, s.add(squares, x));
    });
    const want = build([3], (i) => 8 * random([3]).get(i) + 1);
    expectClose(await b.read(gradients.get(x)!), want, 1e-6);
  });

  it('gives zeros for parameters that the loss does not depend on', async () => {
    const b = referenceBackend();
    const [x, y, z] = [b.upload(random([2, 2])), b.upload(random([3])), b.upload(random([2, 2]))];
    const gradients = await differentiate(b, [x, y, z], async (s) => {
      s.mul(y, y);
      return total(s, s.mul(s.map('step', z), x));
    });
    expectClose(await b.read(gradients.get(y)!), build([3], () => 0), 0);
    expectClose(await b.read(gradients.get(z)!), build([2, 2], () => 0), 0);
  });

  it('takes a loss that is a parameter itself, or a constant', async () => {
    const b = referenceBackend();
    const x = b.upload(random([1]));
    expectClose(await b.read((await differentiate(b, [x], async () => x)).get(x)!), build([1], () => 1), 0);
    const ofConstant = await differentiate(b, [x], async (s) => s.upload(random([1])));
    expectClose(await b.read(ofConstant.get(x)!), build([1], () => 0), 0);
  });

  it('refuses a loss of more than one element, and gradients of gradients', async () => {
    const b = referenceBackend();
    const x = b.upload(random([2]));
    await expect(differentiate(b, [x], async (s) => s.add(x, x))).rejects.toThrow(ShapeError);
    const g = b.upload(random([1, 1, 2, 2, 2]));
    const { backend } = recorder(b, [g]);
    expect(() => backend.resizeGradient(g, [1, 1, 1], 'area')).toThrow(UnsupportedError);
    expect(() => backend.rotary(x, g)).toThrow();
  });

  it('lets a straight-through estimate pass: q in value, u in gradient', async () => {
    const b = referenceBackend();
    const u = b.upload(random([4]));
    let value: number[] = [];
    const gradients = await differentiate(b, [u], async (s) => {
      const q = s.affine(s.map('step', u), 2, -1);
      const through = s.add(u, stopGradient(s, s.sub(q, u)));
      value = [...rowMajor(await s.read(through))];
      return total(s, s.mul(through, s.upload(build([4], (i) => i))));
    });
    random([4]).data.forEach((x, i) => expect(value[i]).toBeCloseTo(x > 0 ? 1 : -1, 6));
    expectClose(await b.read(gradients.get(u)!), build([4], (i) => i), 0);
    expect(stopGradient(b, u)).toBe(u);
  });
});

/** A chain of layers, each a stage. */
async function layers(b: Backend, x: Tensor, weights: readonly Tensor[]): Promise<Tensor> {
  let value = x;
  for (const [i, weight] of weights.entries()) {
    const input = value;
    const next = await b.scope(`layer${i}`, async (s) => {
      const hidden = await s.scope('hidden', async (inner) => inner.map('gelu', inner.matmul(input, weight)));
      return s.add(s.map('silu', s.matmul(hidden, weight, { transposeB: true })), input);
    });
    if (value !== x) b.free(value);
    value = next;
  }
  return value;
}

describe('recomputation and memory', () => {
  const run = async (recompute: (stage: string) => boolean): Promise<{ gradients: number[][]; peak: number }> => {
    const b = await wasmBackend({ threads: 1 });
    const x = b.upload(random([64, 32]));
    const weights = [1, 2, 3, 4, 5, 6].map((seed) => b.upload(random([32, 32], seed)));
    const before = b.memory.used;
    let peak = 0;
    const found = await differentiate(b, [...weights, x], async (s) => {
      const loss = total(s, s.affine(await layers(s, x, weights), 1e-3));
      peak = b.memory.used - before;
      return loss;
    }, { recompute });
    const own = [...found.values()];
    const sizes = own.reduce((sum, g) => sum + Math.ceil((g.shape[0] * g.shape[1] * 4 + 16) / 64) * 64, 0);
    expect(b.memory.used - before).toBe(sizes);
    const gradients: number[][] = [];
    for (const g of own) gradients.push([...rowMajor(await b.read(g))]);
    return { gradients, peak };
  };

  it('recomputing stages, nested ones too, gives the same gradients to the bit with less memory', async () => {
    const plain = await run(() => false);
    const once = await run((stage) => stage.startsWith('layer'));
    const nested = await run((stage) => stage.startsWith('layer') || stage === 'hidden');
    expect(once.gradients).toEqual(plain.gradients);
    expect(nested.gradients).toEqual(plain.gradients);
    expect(plain.gradients.flat().some((g) => Math.abs(g) > 1e-3)).toBe(true);
    expect(once.peak).toBeLessThan(plain.peak / 2);
  });

  it('refuses a stage that reads something else when it runs again', async () => {
    const b = referenceBackend();
    const x = b.upload(random([2, 2]));
    const act = differentiate(b, [x], async (s) => {
      let value = s.mul(x, x);
      const y = await s.scope('stage', async (inner) => inner.mul(value, value));
      value = s.add(x, x);
      return total(s, y);
    }, { recompute: () => true });
    await expect(act).rejects.toThrow(LifetimeError);
  });
});
