/** What only this backend promises: it catches every use of a tensor after its end, and of another's tensors. */

import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import type { Backend, Tensor } from '../../src/backend/backend.ts';
import { LifetimeError } from '../../src/backend/ownership.ts';
import { random } from '../backend/arrays.ts';

describe('the end of a tensor', () => {
  it('is the end of its scope, and the error names that stage and the place of use', async () => {
    const b = referenceBackend();
    let kept: Tensor | undefined;
    await b.scope('decode', (decode) => {
      return decode.scope('level0', async (inner) => {
        kept = inner.upload(random([2, 3]));
      });
    });
    expect(() => b.softmax(kept!)).toThrow(LifetimeError);
    expect(() => b.softmax(kept!)).toThrow("tensor [2, 3] used in the root scope was freed in stage 'decode/level0'");
    const later = b.scope('later', async (inner) => inner.read(kept!));
    await expect(later).rejects.toThrow("used in stage 'later' was freed");
  });

  it('is the end of the outer scope for what the inner one returned', async () => {
    const b = referenceBackend();
    let kept: Tensor | undefined;
    await b.scope('outer', async (outer) => {
      kept = await outer.scope('inner', async (inner) => inner.upload(random([2])));
      expect((await outer.read(kept)).shape).toEqual([2]);
    });
    expect(() => b.softmax(kept!)).toThrow("freed in stage 'outer'");
  });

  it('comes when a stage fails, too', async () => {
    const b = referenceBackend();
    let kept: Tensor | undefined;
    const failing = b.scope('fails', async (inner) => {
      kept = inner.upload(random([1]));
      throw new RangeError('as intended');
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(() => b.softmax(kept!)).toThrow("freed in stage 'fails'");
  });

  it('comes with free, whichever scope owns it', async () => {
    const b = referenceBackend();
    const x = b.upload(random([1]));
    await b.scope('stage', async (inner) => inner.free([x]));
    expect(() => b.add(x, x)).toThrow("freed in stage 'stage'");
  });

  it('spares a tensor of an outer scope that a stage returns unchanged', async () => {
    const b = referenceBackend();
    await b.scope('outer', async (outer) => {
      const x = outer.upload(random([1]));
      expect(await outer.scope('identity', async () => x)).toBe(x);
      expect((await outer.read(x)).shape).toEqual([1]);
    });
  });
});

describe('strangers', () => {
  it("refuses another backend's tensors", () => {
    const [a, b] = [referenceBackend(), referenceBackend()];
    expect(() => a.softmax(b.upload(random([2])))).toThrow('tensor [2] was not made by this reference backend');
    expect(() => a.free(b.upload(random([2])))).toThrow(LifetimeError);
  });

  it('refuses work through the backend of a stage that has ended', async () => {
    const b = referenceBackend();
    let late: Backend | undefined;
    await b.scope('stage', async (inner) => {
      late = inner;
    });
    expect(() => late!.upload(random([2]))).toThrow("the backend of stage 'stage' was used after the end");
  });
});
