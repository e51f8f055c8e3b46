/** Backends that compute one operation otherwise: what this implementation would give with a cause built in. */

import type { Backend } from '../../backend/backend.ts';
import { Forwarding } from '../../backend/forwarding.ts';

export type Ops = Partial<Omit<Backend, 'name' | 'scope'>>;

/**
 * `b` with some operations replaced, also inside its scopes.
 * @param replace makes them from the right backend and the name of the innermost stage.
 */
export function altered(b: Backend, replace: (right: Backend, stage: string) => Ops, stage = ''): Backend {
  return new Altered(b, replace, stage);
}

class Altered extends Forwarding {
  constructor(
    inner: Backend,
    private readonly replace: (right: Backend, stage: string) => Ops,
    stage: string,
  ) {
    super(inner);
    Object.assign(this, replace(inner, stage));
  }

  override scope<T>(stage: string, body: (b: Backend) => Promise<T>): Promise<T> {
    return this.inner.scope(stage, (inner) => body(new Altered(inner, this.replace, stage)));
  }
}
