/** Backends that compute one operation wrongly: what mutants run on. */

import type { Backend } from '../../src/backend/backend.ts';
import { Forwarding } from '../../src/backend/forwarding.ts';

export type Ops = Partial<Omit<Backend, 'name' | 'scope'>>;

/**
 * `b` with some operations replaced, also inside its scopes.
 * @param replace makes them from the right backend and the name of the innermost stage.
 */
export function broken(b: Backend, replace: (right: Backend, stage: string) => Ops, stage = ''): Backend {
  return new Broken(b, replace, stage, true);
}

/** As `broken`, but right again in all scopes inside. */
export function brokenOutside(b: Backend, replace: (right: Backend) => Ops): Backend {
  return new Broken(b, replace, '', false);
}

class Broken extends Forwarding {
  constructor(
    inner: Backend,
    private readonly replace: (right: Backend, stage: string) => Ops,
    stage: string,
    private readonly deep: boolean,
  ) {
    super(inner);
    Object.assign(this, replace(inner, stage));
  }

  override scope<T>(stage: string, body: (b: Backend) => Promise<T>): Promise<T> {
    return this.inner.scope(stage, (inner) => body(this.deep ? new Broken(inner, this.replace, stage, true) : inner));
  }
}
