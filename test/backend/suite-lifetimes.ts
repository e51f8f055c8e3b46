/** Scopes: results outlive them, wherever in the result they are; stages may run at the same time. */

import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../../src/array/host.ts';
import { build, expectClose, random } from './arrays.ts';
import type { Subject } from './suite.ts';

export function describeLifetimes({ backend, tolerance }: Subject): void {
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

  describe('scope', () => {
    it('returns what its body returns, with the tensors in it alive', async () => {
      const [b, host] = [backend(), random([2, 3])];
      const x = b.upload(host);
      const result = await b.scope('stage', async (inner) => {
        const y = inner.add(x, x);
        return { single: inner.mul(y, y), list: [inner.affine(y, 3)], cache: new Map([['key', y]]), count: 7, x };
      });
      expect(result.count).toBe(7);
      expect(result.x).toBe(x);
      const times = (n: number): HostTensor => build([2, 3], (i, j) => n * host.get(i, j));
      expectClose(await b.read(result.cache.get('key')!), times(2), tolerance);
      expectClose(await b.read(result.list[0]), times(6), tolerance);
      expectClose(await b.read(result.single), build([2, 3], (i, j) => 4 * host.get(i, j) ** 2), tolerance);
      expectClose(await b.read(x), host, 0);
    });

    it('passes results up through nested scopes, reshaped ones too', async () => {
      const [b, host] = [backend(), random([2, 6])];
      const result = await b.scope('outer', async (outer) => {
        const x = await outer.scope('inner', async (inner) => inner.reshape(inner.upload(host), [3, 4]));
        return outer.scope('second', async (inner) => inner.reshape(x, [12]));
      });
      expect([...(await b.read(result)).data]).toEqual([...host.data]);
    });

    it('keeps stages that run at the same time apart', async () => {
      const b = backend();
      const shared = b.upload(build([4], () => 1));
      const stage = (n: number): Promise<number[]> => b.scope(`stage ${n}`, async (inner) => {
        let x = shared;
        for (let i = 0; i < n; i++) {
          x = await inner.scope('add', async (deepest) => {
            await pause();
            return deepest.add(x, shared);
          });
        }
        return [...(await inner.read(x)).data];
      });
      const results = await Promise.all([3, 1, 5, 2].map(stage));
      expect(results).toEqual([4, 2, 6, 3].map((value) => [value, value, value, value]));
    });

    it('lets an error of its body through, and goes on working', async () => {
      const b = backend();
      const failing = b.scope('fails', async (inner) => {
        inner.upload(random([3]));
        throw new RangeError('as intended');
      });
      await expect(failing).rejects.toThrow(new RangeError('as intended'));
      const y = await b.scope('works', async (inner) => inner.upload(build([1], () => 5)));
      expect([...(await b.read(y)).data]).toEqual([5]);
    });

    it('frees early what it is told to, twice if need be, and nothing else', async () => {
      const [b, host] = [backend(), random([2, 2])];
      const [x, y] = [b.upload(host), b.upload(host)];
      const view = b.reshape(x, [4]);
      b.free({ cache: [x], twice: x });
      b.free(x);
      expect([...(await b.read(view)).data]).toEqual([...host.data]);
      expectClose(await b.read(y), host, 0);
    });
  });
}
