/**
 * Bits that two correct programs may disagree on: the value that a bit was decided by lies closer to the decision than
 * rounding noise. For drawn bits that value is the margin of the draw, for quantized ones the residual itself.
 */

import type { HostArray } from '../array/host.ts';
import { rowMajor } from '../array/host.ts';
import type { Case } from '../conform/case.ts';
import { bitMargins } from '../trace/margin.ts';

/** Whether every one of the bits was a close decision. @param failing flat indices of bits of `output`. */
export function isTie(c: Case, output: string, failing: readonly number[]): boolean {
  const decision = decisionOf(c, output);
  return decision !== undefined && failing.every((i) => Math.abs(decision.values[i]) <= decision.noise);
}

interface Decision {
  /** One for every bit: its sign is the bit. */
  readonly values: ArrayLike<number>;
  readonly noise: number;
}

function decisionOf(c: Case, output: string): Decision | undefined {
  const [, step] = /^bits_(?:sampled|used)\/(\d+)$/.exec(output) ?? [];
  if (step !== undefined) return drawn(c, step);
  const [, residual] = /^bits\/(\d+)$/.exec(output) ?? [];
  if (residual !== undefined) return quantized(c, `residual/${residual}`);
  return undefined;
}

function drawn(c: Case, step: string): Decision | undefined {
  const name = `logits_guided/${step}`;
  const output = c.outputs.find((candidate) => candidate.name === name);
  if (output === undefined || !c.hasInput(`uniforms/${step}`)) return undefined;
  const guided = rowMajor(c.expected(name));
  return { values: bitMargins(guided, rowMajor(c.input(`uniforms/${step}`))), noise: 2 * toleranceAt(output, guided) };
}

function quantized(c: Case, name: string): Decision | undefined {
  const output = c.outputs.find((candidate) => candidate.name === name);
  if (output === undefined) return undefined;
  const residual = c.expected(name); // (B, d, t, h, w)
  return { values: channelsLast(residual), noise: toleranceAt(output, rowMajor(residual)) };
}

function toleranceAt({ atol, rtol }: { readonly atol: number; readonly rtol: number }, values: ArrayLike<number>): number {
  const largest = Array.from(values).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return atol + rtol * Math.min(1, largest) * 1e-2;
}

/** (B, d, …) → values in the order (B, …, d) */
function channelsLast(x: HostArray): ArrayLike<number> {
  const axes = [0, ...x.shape.slice(2).map((_, i) => i + 2), 1];
  return rowMajor(x.transpose(...axes));
}
