/** Counts the tensors of a backend that are alive, and the reads. */

import type { Backend } from '../../src/backend/backend.ts';
import { Tensor } from '../../src/backend/backend.ts';
import { OwnedTensor } from '../../src/backend/ownership.ts';

export interface Counted {
  readonly b: Backend;
  /** Tensors made through `b` and not yet freed. */
  readonly live: () => number;
  /** Reads so far. */
  readonly reads: () => number;
}

export function counting(inner: Backend): Counted {
  let reads = 0;
  const made = new Set<OwnedTensor<unknown>>();
  const wrap = (backend: Backend): Backend =>
    new Proxy(backend, {
      get(target, property, receiver) {
        const member: unknown = Reflect.get(target, property, receiver);
        if (typeof member !== 'function') return member;
        if (property === 'scope') {
          return (stage: string, body: (b: Backend) => Promise<unknown>) => target.scope(stage, (b) => body(wrap(b)));
        }
        return (...args: unknown[]): unknown => {
          if (property === 'read') reads++;
          const result: unknown = Reflect.apply(member, target, args);
          if (result instanceof Tensor) made.add(result as OwnedTensor<unknown>);
          return result;
        };
      },
    });
  return {
    b: wrap(inner),
    live: () => {
      for (const tensor of made) if (tensor.storage === undefined) made.delete(tensor);
      return made.size;
    },
    reads: () => reads,
  };
}
