/** Wrappers: a forwarding backend, and one under a signal, is as good as the one inside; an observed one tells of every stage. */

import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { abortable } from '../../src/backend/abortable.ts';
import type { Tensor } from '../../src/backend/backend.ts';
import { tensorsIn } from '../../src/backend/backend.ts';
import { chain } from '../../src/backend/chain.ts';
import { Forwarding } from '../../src/backend/forwarding.ts';
import { observe } from '../../src/backend/observe.ts';
import { random } from './arrays.ts';
import { describeBackend } from './suite.ts';

const never = new AbortController().signal;

describeBackend('forwarding, under a signal', () => abortable(new Forwarding(referenceBackend()), never), 1e-6);

describe('observe', () => {
  it('reports every stage under its path, inner ones first, with its tensors still alive', async () => {
    const seen: [string, number[][]][] = [];
    const b = observe(referenceBackend(), async (path, value, stage) => {
      const hosts = await Promise.all(tensorsIn(value).map((tensor) => stage.read(tensor)));
      seen.push([path, hosts.map((host) => [...host.data])]);
    });
    const one = random([1]);
    one.data.fill(1);
    const result = await b.scope('decode', async (decode) => {
      const x = await chain(decode, decode.upload(one), [
        { name: 'first', run: async (s, y) => s.affine(y, 2) },
        { name: 'second', run: async (s, y) => s.scope('deep', async (d) => d.affine(y, 5)) },
      ]);
      return { frames: x };
    });
    expect(seen).toEqual([
      ['decode/first', [[2]]],
      ['decode/second/deep', [[10]]],
      ['decode/second', [[10]]],
      ['decode', [[10]]],
    ]);
    expect([...(await b.read(result.frames)).data]).toEqual([10]);
  });

  it('waits for the report, and frees only then', async () => {
    let finished = false;
    let reported: Tensor | undefined;
    const bare = referenceBackend();
    const b = observe(bare, async (_, value, stage) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      [reported] = tensorsIn(value);
      if (reported !== undefined) await stage.read(reported);
      finished = true;
    });
    await b.scope('outer', async (outer) => {
      await outer.scope('inner', async (inner) => inner.upload(random([3])));
      expect(finished).toBe(true);
    });
  });

  it('fails the stage when the report fails', async () => {
    const b = observe(referenceBackend(), async () => {
      throw new RangeError('enough');
    });
    await expect(b.scope('stage', async () => 1)).rejects.toThrow('enough');
  });
});
