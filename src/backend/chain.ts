/** A chain of stages, each in a scope of its own; only the running value is held. */

import type { Backend, Tensor } from './backend.ts';

export interface Stage {
  readonly name: string;
  readonly run: (b: Backend, x: Tensor) => Promise<Tensor>;
}

/** x → stages[n−1](… stages[0](x)); frees what lies between two stages, not `x` itself. */
export async function chain(b: Backend, x: Tensor, stages: readonly Stage[]): Promise<Tensor> {
  let value = x;
  for (const stage of stages) {
    const next = await b.scope(stage.name, (inner) => stage.run(inner, value));
    if (value !== x && value !== next) b.free(value);
    value = next;
  }
  return value;
}
