/**
 * Recomputation of a stage (gradient checkpointing): of all its values only the inputs and the result are kept; when
 * its turn comes, the stage runs once more and is unwound at once. Time for memory: one more forward pass in all.
 *
 * The stage must do the same each time: no draws, and no variables from outside that change later.
 * (Chen et al. 2016, arXiv 1604.06174.)
 */

import { tensorsIn } from '../backend/backend.ts';
import type { Tensor } from '../backend/backend.ts';
import type { Lookup } from './lookup.ts';
import { Tape } from './tape.ts';
import type { Gradients, Value } from './tape.ts';

/** One run of the stage: its result, and the values of the tensors in it. */
export interface Run<T> {
  readonly result: T;
  readonly valueOf: (x: Tensor) => Value;
}

/**
 * @param tape the stage becomes one entry of it.
 * @param first runs the stage; @param again runs it a second time, when its own scope has ended.
 */
export async function recompute<T>(
  tape: Tape,
  lookup: Lookup,
  first: (tape: Tape, lookup: Lookup) => Promise<Run<T>>,
  again: (tape: Tape, lookup: Lookup) => Promise<Run<T> & { readonly free: () => void }>,
): Promise<T> {
  const made = new Set<Value>();
  const inputs = new Map<Tensor, Value>();
  const watched: Lookup = {
    known: lookup.known,
    made(value) {
      made.add(value);
      lookup.made?.(value);
    },
    used(x, value) {
      if (made.has(value) || inputs.has(x)) return;
      inputs.set(x, value);
      value.holders += 1; // until the entry below holds it
      lookup.used?.(x, value);
    },
  };
  const discarded = new Tape(tape.b);
  const { result, valueOf } = await first(discarded, watched);
  discarded.discard();
  const outputs = tensorsIn(result).map(valueOf);

  tape.push({
    outputs: outputs.filter((output) => made.has(output) && output.differentiable),
    kept: [...inputs.values()],
    async unwind(gradients: Gradients) {
      const repeated = new Tape(tape.b);
      const run = await again(repeated, { known: new Map([...lookup.known, ...inputs]) });
      const twins = new Map(tensorsIn(run.result).map((x, i) => [outputs[i], run.valueOf(x)]));
      for (const [output, twin] of twins) {
        const gradient = made.has(output) ? gradients.find(output) : undefined;
        if (gradient !== undefined) gradients.add(twin, tape.b.reshape(gradient, gradient.shape));
      }
      run.free();
      await repeated.unwind(gradients);
    },
  });
  for (const value of inputs.values()) tape.release(value);
  return result;
}
