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
    const input = value; // a stage reads no variable that changes after it, so that it can run again
    const next = await b.scope(stage.name, (inner) => stage.run(inner, input));
    if (input !== x && input !== next) b.free(input);
    value = next;
  }
  return value;
}
