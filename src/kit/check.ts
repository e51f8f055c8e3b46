/**
 * Compares what a port wrote with a kit. Every output gets a line; nothing that a port writes stops the check. In each
 * case the first divergence in the order of execution is reported; later ones are listed too where they are faults of
 * their own, and else only counted as consequences.
 */

import { isDeepStrictEqual } from 'node:util';
import { sameShape } from '../array/host.ts';
import type { HostArray } from '../array/host.ts';
import type { Backend } from '../backend/backend.ts';
import type { ExpectedOutput } from '../conform/case.ts';
import { firstDifference } from '../conform/run.ts';
import { InfinityStarError } from '../errors.ts';
import { likelyCauses } from './causes.ts';
import { pitfalls } from './pitfalls.ts';
import { judge, notComparable } from './judge.ts';
import type { Judgement } from './judge.ts';
import type { KitCase, KitEntry } from './manifest.ts';
import { readKitCase, readManifest } from './manifest.ts';
import { recheckOf } from './recheck.ts';
import type { PortArray, PortResults } from './results.ts';
import { readResults } from './results.ts';
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

export interface KitCaseReport extends KitEntry {
  /** `not run`: the port wrote nothing for it. */
  readonly status: 'passed' | 'failed' | 'not run' | 'unreadable';
  readonly outputs: readonly OutputReport[];
  /** The first fault in the order of execution. */
  readonly divergence?: OutputReport;
  readonly problems: readonly string[];
}

export interface KitReport {
  readonly cases: readonly KitCaseReport[];
  /** The first fault of all, in the order of the kit: from the parts to the whole. */
  readonly first?: { readonly id: string; readonly level: string; readonly output: string; readonly step: string };
}

/** Statuses that are the port's fault. */
const FAULTS: ReadonlySet<string> = new Set(['diverged', 'shape', 'dtype', 'nan']);

export const isFault = ({ status }: { readonly status: string }): boolean => FAULTS.has(status);

/**
 * @param results folder of the port's files.
 * @param b to compute anew what a port may have got right from wrong values.
 * @throws FileError if there is no readable kit.
 */
export async function checkKit(
  directory: string,
  results: string,
  b: Backend,
  wanted: (entry: KitEntry) => boolean = () => true,
): Promise<KitReport> {
  const cases: KitCaseReport[] = [];
  for (const entry of readManifest(directory).filter(wanted)) {
    cases.push(await checkFolder(directory, entry, b, () => readResults(results, entry.id)));
  }
  return summarize(cases);
}

export function summarize(cases: readonly KitCaseReport[]): KitReport {
  const failed = cases.find(({ divergence }) => divergence !== undefined);
  if (failed === undefined) return { cases };
  const { output, step } = failed.divergence!;
  return { cases, first: { id: failed.id, level: failed.level, output, step } };
}

/** One case of a kit; a case that cannot be read becomes a report that says so. */
export async function checkFolder(
  directory: string,
  entry: KitEntry,
  b: Backend,
  read: () => Promise<PortResults>,
): Promise<KitCaseReport> {
  try {
    return await checkCase(readKitCase(directory, entry), await read(), b);
  } catch (error) {
    const message = error instanceof InfinityStarError ? error.message : `internal error: ${String(error)}`;
    return { ...entry, status: 'unreadable', outputs: [], problems: [message] };
  }
}

export async function checkCase(kit: KitCase, { arrays, json, problems }: PortResults, b: Backend): Promise<KitCaseReport> {
  const { id, kind, level, case: c } = kit;
  const outputs: OutputReport[] = [];
  let diverged = false;
  let tied = false;
  for (const output of c.outputs) {
    const got = arrays.get(output.name);
    let report = got === undefined ? missing(kit, output) : judged(kit, output, got);
    if (report.status === 'diverged' && tied) report = { ...report, status: 'follows', causes: [] };
    else if (report.status === 'diverged' && diverged) report = await independent(kit, b, arrays, output, report);
    tied ||= report.status === 'tie';
    diverged ||= isFault(report);
    outputs.push(report);
  }
  for (const name of c.jsonOutputs) outputs.push(judgedJson(kit, name, json));
  const known = new Set([...c.outputs.map(({ name }) => name), ...c.jsonOutputs]);
  for (const name of [...arrays.keys()].filter((name) => !known.has(name))) {
    outputs.push({ ...plain(notComparable('unknown', 'not an output of this case')), output: name, step: '' });
  }
  const divergence = outputs.find(isFault);
  const none = arrays.size === 0 && json.size === 0;
  const status = problems.length > 0 || divergence !== undefined ? 'failed' : none ? 'not run' : 'passed';
  return { id, kind, level, status, outputs, problems, ...(divergence === undefined ? {} : { divergence }) };
}

function plain({ failing, ...judgement }: Judgement): Omit<OutputReport, 'output' | 'step'> {
  return { ...judgement, failures: failing.length, causes: [] };
}

function missing(kit: KitCase, { name }: ExpectedOutput): OutputReport {
  return { ...plain(notComparable('missing', 'not written')), output: name, step: stepOf(kit, name) };
}

function judged(kit: KitCase, output: ExpectedOutput, got: PortArray, expected?: HostArray): OutputReport {
  const { case: c } = kit;
  const right = expected ?? c.expected(output.name);
  const judgement = judge(output, got, right);
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

/** A later divergence: a fault of its own if it does not follow from the port's own earlier values. */
async function independent(
  kit: KitCase,
  b: Backend,
  arrays: ReadonlyMap<string, PortArray>,
  output: ExpectedOutput,
  report: OutputReport,
): Promise<OutputReport> {
  const consequence: OutputReport = { ...report, status: 'follows', causes: [] };
  try {
    const expected = await recheckOf(kit.case, b, arrays)(output.name);
    if (expected === undefined) return consequence;
    const again = judged(kit, output, arrays.get(output.name)!, expected);
    return isFault(again) ? { ...again, problem: 'does not follow from the port\'s own earlier values either' } : consequence;
  } catch (error) {
    // Earlier values of the wrong shape, or not numbers: nothing follows from them.
    if (error instanceof InfinityStarError) return consequence;
    throw error;
  }
}

function judgedJson(kit: KitCase, name: string, json: ReadonlyMap<string, unknown>): OutputReport {
  const step = kit.jsonSteps.has(name) ? kit.jsonSteps.string(name) : '';
  const base = { output: name, step };
  if (!json.has(name)) return { ...plain(notComparable('missing', 'not written')), ...base };
  const [got, expected] = [json.get(name), kit.case.json[name]];
  if (isDeepStrictEqual(got, expected)) return { ...plain(notComparable('passed', '')), ...base };
  const problem = firstDifference(got, expected, name);
  return { ...plain(notComparable('diverged', problem)), ...base, where: problem, causes: pitfalls(kit.case, step, name) };
}

function stepOf(kit: KitCase, output: string): string {
  return kit.notes.get(output)?.step ?? '';
}
