/** Judges the outputs of a case one by one, with the place, the size and the likely causes of what differs. */

import { isDeepStrictEqual } from 'node:util';
import { sameShape } from '../array/host.ts';
import type { HostArray } from '../array/host.ts';
import type { Backend } from '../backend/backend.ts';
import type { ExpectedOutput } from '../conform/case.ts';
import { firstDifference } from '../conform/run.ts';
import { InfinityStarError } from '../errors.ts';
import { likelyCauses } from './causes.ts';
import { judge, notComparable } from './judge.ts';
import type { Judgement } from './judge.ts';
import type { KitCase } from './manifest.ts';
import { pitfalls } from './pitfalls.ts';
import { ownBytes, recheckOf } from './recheck.ts';
import type { PortArray } from './results.ts';
import { isTie } from './ties.ts';
import { whereIn } from './where.ts';

export interface OutputReport extends Omit<Judgement, 'failing'> {
  readonly output: string;
  readonly step: string;
  readonly failures: number;
  /** Of the first element out of tolerance, in words. */
  readonly where?: string;
  readonly tolerance?: { readonly atol: number; readonly rtol: number; readonly why: string };
  readonly causes: readonly string[];
}

/** Statuses that are the port's fault. */
const FAULTS: ReadonlySet<string> = new Set(['diverged', 'shape', 'dtype', 'nan']);

export const isFault = ({ status }: { readonly status: string }): boolean => FAULTS.has(status);

/** Whether something of the port was held against an expected value. */
export const isCompared = ({ status }: { readonly status: string }): boolean => {
  return FAULTS.has(status) || status === 'passed' || status === 'tie' || status === 'follows';
};

/** Every tensor that the case has, in the order of execution. */
export async function judgeTensors(kit: KitCase, arrays: ReadonlyMap<string, PortArray>, b: Backend): Promise<OutputReport[]> {
  const reports: OutputReport[] = [];
  const seen = { fault: false, tie: false };
  for (const output of kit.case.outputs) {
    const got = arrays.get(output.name);
    let report = got === undefined ? missing(kit, output.name) : judged(kit, output, got, expectedOf(output, arrays));
    if (report.status === 'diverged' && (seen.fault || seen.tie)) {
      report = await independent(kit, b, arrays, output, report, seen.fault ? 'follows' : 'unjudged');
    }
    seen.tie ||= report.status === 'tie';
    seen.fault ||= isFault(report);
    reports.push(report);
  }
  return reports;
}

/** Bytes are held against the port's own video, all else against the case's values. */
function expectedOf({ name }: ExpectedOutput, arrays: ReadonlyMap<string, PortArray>): HostArray | undefined {
  return name === 'frames_u8' ? ownBytes(arrays) : undefined;
}

export function judgeJson(kit: KitCase, name: string, json: ReadonlyMap<string, unknown>): OutputReport {
  const step = kit.jsonSteps.has(name) ? kit.jsonSteps.string(name) : '';
  const base = { output: name, step };
  if (!json.has(name)) return { ...plain(notComparable('missing', 'not written')), ...base };
  const [got, expected] = [json.get(name), kit.case.json[name]];
  if (isDeepStrictEqual(got, expected)) return { ...plain(notComparable('passed', '')), ...base };
  const problem = firstDifference(got, expected, name);
  return { ...plain(notComparable('diverged', problem)), ...base, where: problem, causes: pitfalls(kit.case, step, name) };
}

/** What was written under a name that the case does not have. */
export function unknownOutput(name: string): OutputReport {
  return { ...plain(notComparable('unknown', 'not an output of this case')), output: name, step: '' };
}

function plain({ failing, ...judgement }: Judgement): Omit<OutputReport, 'output' | 'step'> {
  return { ...judgement, failures: failing.length, causes: [] };
}

function missing(kit: KitCase, name: string): OutputReport {
  return { ...plain(notComparable('missing', 'not written')), output: name, step: stepOf(kit, name) };
}

function judged(kit: KitCase, output: ExpectedOutput, got: PortArray, expected?: HostArray): OutputReport {
  const { case: c } = kit;
  const right = expected ?? c.expected(output.name);
  const judgement = judge(expected !== undefined && output.dtype === 'uint8' ? { ...output, atol: 0 } : output, got, right);
  const { name, atol, rtol } = output;
  const step = stepOf(kit, name);
  const base = { ...plain(judgement), output: name, step };
  if (judgement.status === 'shape') return wrongShape(kit, base, got, right);
  if (judgement.first === undefined) return base;
  const tie = judgement.status === 'diverged' && isTie(c, name, judgement.failing);
  return {
    ...base,
    status: tie ? 'tie' : judgement.status,
    where: whereIn(c, name, judgement.first.index),
    tolerance: { atol, rtol, why: kit.notes.get(name)?.why ?? '' },
    causes: tie ? [] : likelyCauses(c, name, step, got.values, right),
  };
}

/** A wrong number of frames in a chunk is not the fault of the layer that shows it, but of how chunks are cut. */
function wrongShape(kit: KitCase, report: OutputReport, got: PortArray, right: HostArray): OutputReport {
  const others = (shape: readonly number[]): readonly number[] => shape.filter((_, axis) => axis !== 2);
  const cut = /\/chunk\d+$/.test(report.output) && sameShape(others(got.shape), others(right.shape));
  const step = cut ? 'V8' : report.step;
  return { ...report, step, causes: pitfalls(kit.case, step, report.output) };
}

/**
 * A divergence after another, or after a tie: a fault of its own if it does not follow from the port's own earlier
 * values. After a tie nothing can be said of what cannot be computed anew.
 */
async function independent(
  kit: KitCase,
  b: Backend,
  arrays: ReadonlyMap<string, PortArray>,
  output: ExpectedOutput,
  report: OutputReport,
  unknown: 'follows' | 'unjudged',
): Promise<OutputReport> {
  try {
    const expected = await recheckOf(kit.case, b, arrays)(output.name);
    if (expected === undefined) return { ...report, status: unknown, causes: [] };
    const again = judged(kit, output, arrays.get(output.name)!, expected);
    if (!isFault(again)) return { ...report, status: 'follows', causes: [] };
    return { ...again, problem: 'does not follow from the port\'s own earlier values either' };
  } catch (error) {
    // Earlier values of the wrong shape, or not numbers: nothing follows from them.
    if (error instanceof InfinityStarError) return { ...report, status: unknown, causes: [] };
    throw error;
  }
}

function stepOf(kit: KitCase, output: string): string {
  return kit.notes.get(output)?.step ?? '';
}
