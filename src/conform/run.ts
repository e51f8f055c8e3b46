/** Runs golden cases on a backend and judges every output. */

import { isDeepStrictEqual } from 'node:util';
import type { Backend } from '../backend/backend.ts';
import { InfinityStarError, printable } from '../errors.ts';
import type { Case, Kind, Results } from './case.ts';
import { compare, incomparable } from './compare.ts';
import type { Comparison } from './compare.ts';
import { checkVariants } from './options.ts';
import { describePosition } from './position.ts';

export interface Divergence {
  readonly output: string;
  /** Spec step, e.g. `V5`. */
  readonly step: string;
  /** In words, with both values, or what else is wrong. */
  readonly where: string;
}

export interface CaseReport {
  readonly id: string;
  readonly kind: string;
  readonly status: 'passed' | 'failed' | 'unreadable';
  /** In execution order. */
  readonly outputs: readonly Comparison[];
  /** Bits compared and how many of them are equal. */
  readonly bits: { readonly compared: number; readonly equal: number };
  readonly seconds: number;
  /** The first output in execution order that is out of tolerance. */
  readonly divergence?: Divergence;
  /** Why a case could not be run or read. */
  readonly note?: string;
}

/** Computes and judges one case. An error counts as a failure, with its message. */
export async function runCase(c: Case, kind: Kind, b: Backend): Promise<CaseReport> {
  const started = performance.now();
  const outputs: Comparison[] = [];
  let note: string | undefined;
  try {
    checkVariants(c.config);
    await b.scope(c.id, (inner) => kind.run(c, inner, judge(c, outputs)));
  } catch (error) {
    note = error instanceof InfinityStarError ? error.message : `the case does not fit its kind (${printable(String(error))})`;
  }
  const done = new Set(outputs.map((output) => output.name));
  for (const output of c.outputs) {
    if (!done.has(output.name)) outputs.push(incomparable(output, note ?? 'not computed'));
  }
  for (const name of c.jsonOutputs) {
    if (!done.has(name)) outputs.push(incomparable(jsonOutput(name), note ?? 'not computed'));
  }
  const first = outputs.find((output) => !output.passed);
  return {
    id: c.id,
    kind: c.kind,
    status: first === undefined && note === undefined ? 'passed' : 'failed',
    outputs,
    bits: countBits(c, outputs),
    seconds: (performance.now() - started) / 1000,
    ...(first === undefined ? {} : { divergence: divergence(c, kind, first) }),
    ...(note === undefined ? {} : { note }),
  };
}

function judge(c: Case, outputs: Comparison[]): Results {
  const expected = new Map(c.outputs.map((output) => [output.name, output]));
  return {
    tensor(name, value) {
      const output = expected.get(name);
      if (output !== undefined) outputs.push(compare(output, value, c.expected(name)));
    },
    json(name, value) {
      const equal = isDeepStrictEqual(value, c.json[name]);
      const problem = equal ? {} : { problem: firstDifference(value, c.json[name], name) };
      outputs.push({ ...incomparable(jsonOutput(name), ''), passed: equal, ...problem });
    },
  };
}

const jsonOutput = (name: string) => ({ name, shape: [], dtype: 'int32' as const, atol: 0, rtol: 0 });

/** Path and both values of the first place where two JSON trees differ. */
export function firstDifference(got: unknown, expected: unknown, path: string): string {
  if (isContainer(got) && isContainer(expected) && Array.isArray(got) === Array.isArray(expected)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(got)])) {
      if (!isDeepStrictEqual(got[key], expected[key])) return firstDifference(got[key], expected[key], `${path}.${key}`);
    }
  }
  const short = (value: unknown): string => {
    const json = JSON.stringify(value) ?? 'nothing';
    return json.length > 300 ? `${json.slice(0, 299)}…` : json;
  };
  return `${path}: got ${short(got)}, expected ${short(expected)}`;
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object';
}

function countBits(c: Case, outputs: readonly Comparison[]): { compared: number; equal: number } {
  const names = new Set(c.outputs.filter((output) => output.dtype === 'uint8' && /bits/.test(output.name)).map((o) => o.name));
  const bits = outputs.filter((output) => names.has(output.name));
  const compared = bits.reduce((sum, output) => sum + output.elements, 0);
  return { compared, equal: compared - bits.reduce((sum, output) => sum + output.failures, 0) };
}

function divergence(c: Case, kind: Kind, output: Comparison): Divergence {
  const where =
    output.first === undefined
      ? (output.problem ?? 'differs')
      : `${describePosition(c, output.name, output.first.index)}: got ${output.first.got}, expected ${output.first.expected}`;
  return { output: output.name, step: specStep(kind, output.name), where };
}

/** The step of the longest matching prefix. */
function specStep(kind: Kind, output: string): string {
  const prefixes = Object.keys(kind.steps).filter((prefix) => output.startsWith(prefix));
  const longest = prefixes.sort((a, b) => b.length - a.length)[0];
  return longest === undefined ? '?' : kind.steps[longest];
}
