/** Work under a signal ends with the signal's reason; what it held is freed. */

import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { hostTensor } from '../../src/array/host.ts';
import { differentiate } from '../../src/autograd/differentiate.ts';
import { abortable } from '../../src/backend/abortable.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { random } from './arrays.ts';

const REASON = new Error('enough');

describe('a signal', () => {
  it.each<[string, (b: Backend, abort: () => void) => Promise<unknown>]>([
    ['a stage', (b, abort) => (abort(), b.scope('stage', async () => 1))],
    ['a stage within a stage', (b, abort) => b.scope('outer', async (outer) => (abort(), outer.scope('inner', async () => 1)))],
    ['a read', (b, abort) => b.scope('stage', async (b) => {
      const x = b.upload(random([2]));
      abort();
      return b.read(x);
    })],
    ['an upload', async (b, abort) => (abort(), b.upload(random([2])))],
    ['a product', async (b, abort) => {
      const x = b.upload(random([2, 2]));
      abort();
      b.matmul(x, x);
    }],
    ['a convolution', async (b, abort) => {
      const x = b.upload(random([1, 1, 1, 1, 1]));
      abort();
      b.conv3d(x, x);
    }],
  ])('ends %s with its reason', async (_, work) => {
    const controller = new AbortController();
    const abort = (): void => controller.abort(REASON);
    const b = abortable(referenceBackend(), controller.signal);
    await expect(work(b, () => undefined)).resolves.not.toThrow();
    await expect(work(b, abort)).rejects.toBe(REASON);
  });

  it('ends the differentiation of what computes on it, forwards and backwards', async () => {
    for (const when of ['forwards', 'backwards']) {
      const controller = new AbortController();
      const b = abortable(referenceBackend(), controller.signal);
      const w = b.upload(hostTensor(Float32Array.of(2), [1, 1]));
      const gradients = differentiate(b, [w], async (b) => {
        if (when === 'forwards') controller.abort(REASON);
        const loss = b.matmul(w, w);
        if (when === 'backwards') controller.abort(REASON);
        return loss;
      });
      await expect(gradients).rejects.toBe(REASON);
    }
  });

  it('leaves the event loop time: a timer may give it', async () => {
    const controller = new AbortController();
    const b = abortable(referenceBackend(), controller.signal);
    setTimeout(() => controller.abort(REASON), 5);
    const until = performance.now() + 5000;
    const work = async (): Promise<void> => {
      while (performance.now() < until) await b.scope('stage', async (b) => b.affine(b.upload(random([10])), 2));
    };
    await expect(work()).rejects.toBe(REASON);
  });
});
