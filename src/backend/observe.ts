/** Shows the result of every stage to a listener, for traces and for finding a first divergence. */

import type { Backend } from './backend.ts';
import { Forwarding } from './forwarding.ts';

/**
 * Gets what a stage returned, before its tensors are freed. Awaited.
 * @param path names of the stages from the outermost in, joined by '/'.
 * @param b the backend of the stage, to read with.
 */
export type StageReport = (path: string, value: unknown, b: Backend) => Promise<void>;

/** `b`, with every scope's result reported at its end, inner scopes first. */
export function observe(b: Backend, report: StageReport): Backend {
  return new Observed(b, report, '');
}

class Observed extends Forwarding {
  constructor(
    inner: Backend,
    private readonly report: StageReport,
    private readonly path: string,
  ) {
    super(inner);
  }

  override scope<T>(stage: string, body: (b: Backend) => Promise<T>): Promise<T> {
    const path = this.path === '' ? stage : `${this.path}/${stage}`;
    return this.inner.scope(stage, async (inner) => {
      const value = await body(new Observed(inner, this.report, path));
      await this.report(path, value, inner);
      return value;
    });
  }
}
