/**
 * Causes of a divergence that the port's own numbers confirm; there may be none. What is only typical of a step is said
 * apart (pitfalls.ts).
 */

import { rowMajor } from '../../array/host.ts';
import type { HostArray } from '../../array/host.ts';
import type { Backend } from '../../backend/backend.ts';
import type { Case } from '../../conform/case.ts';
import type { PortArray } from '../results.ts';
import { bestOf } from './fit.ts';
import { hostCandidates } from './host-steps.ts';
import { numericCauses } from './numbers.ts';
import { borderCause, noiseCause } from './places.ts';
import { rebuiltCauses } from './rebuilt.ts';

export interface Diverged {
  readonly output: string;
  readonly step: string;
  readonly got: PortArray;
  readonly expected: HostArray;
  /** Flat indices out of tolerance. */
  readonly failing: readonly number[];
  /** The port computes in half precision anyway: noise of it is no cause. */
  readonly isHalf: boolean;
}

/**
 * Most telling first: the cause built in gives the port's numbers; the numbers are the right ones, turned; where they
 * are wrong.
 * @param b to compute the case again with causes built in; without it that is not tried.
 */
export async function confirmedCauses(c: Case, b: Backend | undefined, diverged: Diverged): Promise<string[]> {
  const { output, step, got, expected, failing, isHalf } = diverged;
  const difference = { got: got.values, right: rowMajor(expected) as ArrayLike<number> };
  const host = bestOf(difference, hostCandidates(c, output));
  if (host.length > 0) return host;
  const rebuilt = b === undefined ? [] : await rebuiltCauses(c, b, { output, step, shape: expected.shape }, difference);
  if (rebuilt.length > 0) return rebuilt;
  const numbers = numericCauses(c, output, expected, difference);
  if (numbers.length > 0) return numbers;
  const border = step.startsWith('V') ? borderCause(expected, failing) : [];
  return border.length > 0 || b === undefined || isHalf || !got.dtype.startsWith('float') ? border : noiseCause(c, b, output, expected, difference);
}
