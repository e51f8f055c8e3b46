/** Tests the hypotheses: computes the case again with each built in, as far as the output that differs. */

import type { Backend } from '../../backend/backend.ts';
import { rowMajor, sameShape } from '../../array/host.ts';
import type { HostArray, Shape } from '../../array/host.ts';
import type { Case } from '../../conform/case.ts';
import { InfinityStarError } from '../../errors.ts';
import { kitKinds } from '../kinds.ts';
import { runStaged } from '../staged.ts';
import { bestOf } from './fit.ts';
import type { Candidate, Difference } from './fit.ts';
import { HYPOTHESES } from './hypotheses.ts';

/** Ends a computation that has given what was wanted. */
class Enough extends Error {}

/** An output of a case as `b` computes it; nothing if the change has made that impossible. */
export async function outputOf(c: Case, b: Backend, output: string): Promise<HostArray | undefined> {
  let found: HostArray | undefined;
  try {
    await runStaged(c, kitKinds.get(c.kind)!, b, {
      tensor(name, value) {
        if (name !== output) return;
        found = value;
        throw new Enough();
      },
      json: () => undefined,
    });
  } catch (error) {
    // A change may make shapes impossible: then it is not the cause.
    if (!(error instanceof Enough) && !(error instanceof InfinityStarError)) throw error;
  }
  return found;
}

/** Texts of the hypotheses that give the port's numbers. */
export async function rebuiltCauses(
  c: Case,
  b: Backend,
  { output, step, shape }: { readonly output: string; readonly step: string; readonly shape: Shape },
  difference: Difference,
): Promise<string[]> {
  if (!kitKinds.has(c.kind)) return [];
  const candidates: Candidate[] = [];
  for (const { text, steps, backend, case: change } of HYPOTHESES) {
    if (!steps.test(step)) continue;
    const other = change === undefined ? c : change(c);
    const value = other === undefined ? undefined : await outputOf(other, backend?.(b) ?? b, output);
    if (value !== undefined && sameShape(value.shape, shape)) candidates.push([text, rowMajor(value)]);
  }
  return bestOf(difference, candidates);
}
