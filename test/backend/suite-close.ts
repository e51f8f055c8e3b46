/** Closing a backend: nothing goes on, every later use is an error, also through an inner scope. */

import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backend/backend.ts';
import { LifetimeError } from '../../src/backend/ownership.ts';
import { random } from './arrays.ts';

export function describeClose(make: () => Backend | Promise<Backend>): void {
  describe('close', () => {
    it('ends all use, twice over', async () => {
      const b = await make();
      const x = b.upload(random([64, 64]));
      b.matmul(x, x); // may still wait for its turn
      await b.close();
      await b.close();
      expect(() => b.matmul(x, x)).toThrow(LifetimeError);
      expect(() => b.upload(random([2]))).toThrow(/was closed/);
      await expect(async () => b.read(x)).rejects.toThrow(LifetimeError);
      await expect(b.scope('stage', async (inner) => inner.add(x, x))).rejects.toThrow(LifetimeError);
    });

    it('ends the whole backend from within a stage', async () => {
      const b = await make();
      const x = b.upload(random([2]));
      await b.scope('stage', (inner) => inner.close()).catch(() => undefined);
      await expect(async () => b.read(x)).rejects.toThrow(LifetimeError);
    });

    it('leaves other backends alone', async () => {
      const [b, other] = [await make(), await make()];
      const host = random([64, 64]);
      const [x, y] = [b.upload(host), other.upload(host)];
      expect(x.shape).toEqual(y.shape);
      await b.close();
      const fresh = await make(); // may get the memory of the closed one
      const z = fresh.upload(random([64, 64]));
      expect([...(await other.read(y)).data]).toEqual([...host.data]);
      expect((await fresh.read(fresh.matmul(z, z))).shape).toEqual([64, 64]);
      await other.close();
      await fresh.close();
    });
  });
}
