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
  return decision !== undefined && failing.every((i) => Math.abs(decision.values[i]) <= decision.noise(i));
}

interface Decision {
  /** One for every bit: its sign is the bit. */
  readonly values: ArrayLike<number>;
  /** How far rounding may move the value of a bit. */
  noise(i: number): number;
}

function decisionOf(c: Case, output: string): Decision | undefined {
  const [, step] = /^bits_(?:sampled|used)\/(\d+)$/.exec(output) ?? [];
  if (step !== undefined) return drawn(c, step);
  const [, residual] = /^bits\/(\d+)$/.exec(output) ?? [];
  if (residual !== undefined) return quantized(c, new RegExp(`^residual/${residual}$`));
  const [, given] = /^condition_bits\/(\d+)$/.exec(output) ?? [];
  if (given !== undefined) return quantized(c, new RegExp(`^stage/condition/quantize/clip\\d+/step${given}/residual$`));
  return undefined;
}

function drawn(c: Case, step: string): Decision | undefined {
  const name = `logits_guided/${step}`;
  const output = c.outputs.find((candidate) => candidate.name === name);
  if (output === undefined || !c.hasInput(`uniforms/${step}`)) return undefined;
  const guided = rowMajor(c.expected(name));
  const noise = (i: number): number => toleranceAt(output, guided[2 * i]) + toleranceAt(output, guided[2 * i + 1]);
  return { values: bitMargins(guided, rowMajor(c.input(`uniforms/${step}`))), noise };
}

function quantized(c: Case, name: RegExp): Decision | undefined {
  const output = c.outputs.find((candidate) => name.test(candidate.name));
  if (output === undefined) return undefined;
  const residual = c.expected(output.name); // (B, d, t, h, w)
  const values = channelsLast(residual);
  return { values, noise: (i) => toleranceAt(output, values[i]) };
}

function toleranceAt({ atol, rtol }: { readonly atol: number; readonly rtol: number }, value: number): number {
  return atol + rtol * Math.abs(value);
}

/** (B, d, …) → values in the order (B, …, d) */
function channelsLast(x: HostArray): ArrayLike<number> {
  const axes = [0, ...x.shape.slice(2).map((_, i) => i + 2), 1];
  return rowMajor(x.transpose(...axes));
}
