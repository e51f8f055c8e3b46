/** Judges the outputs of a case one by one, with the place, the size and the likely causes of what differs. */

import { isDeepStrictEqual } from 'node:util';
import { sameShape } from '../array/host.ts';
import type { HostArray } from '../array/host.ts';
import type { Backend } from '../backend/backend.ts';
import type { ExpectedOutput } from '../conform/case.ts';
import { firstDifference } from '../conform/run.ts';
import { InfinityStarError } from '../errors.ts';
import { confirmedCauses } from './causes/index.ts';
import { pitfalls } from './causes/pitfalls.ts';
import { likeAnswer } from './json-inputs.ts';
import { judge, notComparable } from './judge.ts';
import type { Judgement } from './judge.ts';
import type { KitCase } from './manifest.ts';
import { ownBytes, recheckOf } from './recheck.ts';
import type { Recheck } from './recheck.ts';
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
  /** What the port's numbers confirm. */
  readonly causes: readonly string[];
  /** What the step says to look at. */
  readonly hints: readonly string[];
}

/** Statuses that are the port's fault. */
const FAULTS: ReadonlySet<string> = new Set(['diverged', 'shape', 'dtype', 'nan']);

export const isFault = ({ status }: { readonly status: string }): boolean => FAULTS.has(status);

/** Whether something of the port was held against an expected value. */
export const isCompared = ({ status }: { readonly status: string }): boolean => {
  return FAULTS.has(status) || status === 'passed' || status === 'tie' || status === 'follows';
};

/**
 * Every tensor that the case has, in the order of execution.
 * @param deep whether causes are looked for by computing the case again with each built in.
 */
export async function judgeTensors(
  kit: KitCase,
  arrays: ReadonlyMap<string, PortArray>,
  b: Backend,
  deep: boolean,
): Promise<OutputReport[]> {
  const recheck = recheckOf(kit, b, arrays);
  const reports: OutputReport[] = [];
  const seen = { fault: false, tie: false };
  for (const output of kit.case.outputs) {
    const got = arrays.get(output.name);
    let expected = expectedOf(kit, output, arrays);
    let report = got === undefined ? missing(kit, output.name) : judged(kit, output, got, expected);
    if (report.status === 'diverged' && (seen.fault || seen.tie)) {
      expected = await ownExpected(recheck, output.name);
      report = independent(kit, output, report, got!, expected, seen.fault ? 'follows' : 'unjudged');
    }
    // After a tie the case computed again has another history than the port: nothing would be confirmed.
    const isDeep = deep && !seen.tie;
    if (isFault(report) && !seen.fault) report = { ...report, causes: await causesOf(kit, b, report, got!, isDeep, expected) };
    seen.tie ||= report.status === 'tie' && decides(output.name, arrays);
    seen.fault ||= isFault(report);
    reports.push(report);
  }
  return reports;
}

/** Drawn bits that are replaced by given ones change nothing later: the used ones decide, where the port shows them. */
function decides(name: string, arrays: ReadonlyMap<string, PortArray>): boolean {
  return !name.startsWith('bits_sampled/') || !arrays.has(name.replace('sampled', 'used'));
}

/** Bytes are held against the port's own video, all else against the case's values. */
function expectedOf(
  { profile }: KitCase,
  { name }: ExpectedOutput,
  arrays: ReadonlyMap<string, PortArray>,
): HostArray | undefined {
  return name === 'frames_u8' ? ownBytes(arrays, profile) : undefined;
}

export function judgeJson(kit: KitCase, name: string, json: ReadonlyMap<string, unknown>): OutputReport {
  const step = kit.jsonSteps.has(name) ? kit.jsonSteps.string(name) : '';
  const base = { output: name, step };
  if (!json.has(name)) return { ...plain(notComparable('missing', 'not written')), ...base };
  const expected = kit.case.json[name];
  const got = likeAnswer(json.get(name), expected);
  if (isDeepStrictEqual(got, expected)) return { ...plain(notComparable('passed', '')), ...base };
  const problem = firstDifference(got, expected, name);
  return { ...plain(notComparable('diverged', problem)), ...base, where: problem, hints: pitfalls(kit.case, step, name) };
}

/** What was written under a name that the case does not have, or has in another form. */
export function unknownOutput(name: string, problem: string): OutputReport {
  return { ...plain(notComparable('unknown', problem)), output: name, step: '' };
}

function plain({ failing, ...judgement }: Judgement): Omit<OutputReport, 'output' | 'step'> {
  return { ...judgement, failures: failing.length, causes: [], hints: [] };
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
    hints: tie ? [] : pitfalls(c, step, name),
  };
}

/** Of the first fault of a case; consequences would only mislead. */
async function causesOf(
  { case: c, profile }: KitCase,
  b: Backend,
  { status, output, step }: OutputReport,
  got: PortArray,
  deep: boolean,
  expected?: HostArray,
): Promise<string[]> {
  const right = expected ?? c.expected(output);
  if (status === 'shape') return cutOtherwise(output, got, right) ? ['the frames are cut into chunks otherwise'] : [];
  if (status !== 'diverged') return [];
  const known = c.outputs.find(({ name }) => name === output)!;
  const { failing } = judge(known, got, right);
  return confirmedCauses(c, deep ? b : undefined, { output, step, got, expected: right, failing, isHalf: profile !== 'float32' });
}

/** A wrong number of frames in a chunk is not the fault of the layer that shows it, but of how chunks are cut. */
function wrongShape(kit: KitCase, report: OutputReport, got: PortArray, right: HostArray): OutputReport {
  const step = cutOtherwise(report.output, got, right) ? 'V8' : report.step;
  return { ...report, step, hints: pitfalls(kit.case, step, report.output) };
}

function cutOtherwise(output: string, got: PortArray, right: HostArray): boolean {
  const others = (shape: readonly number[]): readonly number[] => shape.filter((_, axis) => axis !== 2);
  return /\/chunk\d+$/.test(output) && sameShape(others(got.shape), others(right.shape));
}

/** What follows from the port's own earlier values; nothing where they are of the wrong shape, or not numbers. */
async function ownExpected(recheck: Recheck, output: string): Promise<HostArray | undefined> {
  try {
    return await recheck(output);
  } catch (error) {
    if (error instanceof InfinityStarError) return undefined;
    throw error;
  }
}

/**
 * A divergence after another, or after a tie: a fault of its own if it does not follow from the port's own earlier
 * values. After a tie nothing can be said of what cannot be computed anew.
 */
function independent(
  kit: KitCase,
  output: ExpectedOutput,
  report: OutputReport,
  got: PortArray,
  expected: HostArray | undefined,
  unknown: 'follows' | 'unjudged',
): OutputReport {
  if (expected === undefined) return { ...report, status: unknown, hints: [] };
  const again = judged(kit, output, got, expected);
  if (!isFault(again)) return { ...report, status: 'follows', hints: [] };
  return { ...again, problem: 'does not follow from the port\'s own earlier values either' };
}

function stepOf(kit: KitCase, output: string): string {
  return kit.notes.get(output)?.step ?? '';
}
