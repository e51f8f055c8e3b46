/** Runs the outside port with a planted fault on the cases that could show it, and checks what it wrote. */

import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { referenceBackend } from '../../reference/backend.ts';
import { checkKit } from '../../src/kit/check.ts';
import type { KitReport } from '../../src/kit/check.ts';
import type { Profile } from '../../src/kit/profiles.ts';
import type { OutsideFault } from './outside-faults.ts';

const root = join(import.meta.dirname, '../..');
const python = (...args: string[]) => promisify(execFile)('python3', args, { maxBuffer: 2 ** 26 });

/** Whether python3 with NumPy is here. */
export const hasNumpy = spawnSync('python3', ['-c', 'import numpy']).status === 0;

/** Case → the faults that it could show. */
export type Asked = ReadonlyMap<string, readonly string[]>;

export interface PortRun {
  readonly results: string;
  readonly asked: Asked;
}

export async function runPort(kit: string, options: readonly string[]): Promise<PortRun> {
  const results = mkdtempSync(join(tmpdir(), 'outside-'));
  const { stdout } = await python(join(root, 'test/kit/port/port.py'), kit, results, ...options);
  return { results, asked: new Map(Object.entries(JSON.parse(stdout) as Record<string, string[]>)) };
}

/** What `kit check` says of the cases that ran. */
export function checkRun(kit: string, { results, asked }: PortRun, profile: Profile): Promise<KitReport> {
  return checkKit(kit, results, referenceBackend(), { wanted: ({ id }) => asked.has(id), profile });
}

export interface Verdict {
  readonly id: string;
  readonly status: string;
  readonly output: string | undefined;
}

/** Verdicts of `kit check`, by case. */
export function verdictsOf(report: KitReport): Verdict[] {
  return report.cases.map(({ id, status, divergence }) => ({ id, status, output: divergence?.output }));
}

/** What check.py says of the same results, of the cases that ran. */
export async function verdictsOfCheckPy(kit: string, { results, asked }: PortRun, profile: Profile): Promise<Verdict[]> {
  const json = join(results, 'report.json.out');
  await python(join(root, 'fixtures/kit/check.py'), kit, results, '--profile', profile, '--json', json).catch(() => undefined); // its verdict
  const { cases } = JSON.parse(readFileSync(json, 'utf8')) as { cases: { id: string; status: string; divergence: { output: string } | null }[] };
  const ran = cases.filter(({ id }) => asked.has(id));
  return ran.map(({ id, status, divergence }) => ({ id, status, output: divergence?.output }));
}

/** What came of a fault. */
export interface Outcome {
  /** The first case that shows it, in the order of the kit; nothing if it was not caught. */
  readonly id: string | undefined;
  readonly level: string;
  readonly output: string;
  readonly step: string;
  /** The first cause that is called likely; nothing if none is. */
  readonly cause: string | undefined;
  readonly isAttributed: boolean;
  /** A cause is named, but another one. */
  readonly isMisled: boolean;
  /** Verdicts of `kit check` and of check.py, by case. */
  readonly ours: readonly Verdict[];
  readonly theirs: readonly Verdict[];
}

/**
 * Plants a fault and lets both checkers judge it, until it is caught: in the cases that could show it, in the order of
 * the kit, some at a time.
 * @param correct which cases those are.
 */
export async function tryFault(kit: string, correct: Asked, fault: OutsideFault): Promise<Outcome> {
  const { name, steps, cause } = fault;
  const precision = fault.precision ?? 'float32';
  const cases = [...correct].filter(([, faults]) => faults.includes(name)).map(([id]) => id);
  const [ours, theirs]: [Verdict[], Verdict[]] = [[], []];
  for (let at = 0, size = 6; at < cases.length; at += size, size *= 2) {
    const run = await runPort(kit, ['--fault', name, '--precision', precision, '--only', JSON.stringify(cases.slice(at, at + size))]);
    const report = await checkRun(kit, run, precision);
    ours.push(...verdictsOf(report));
    theirs.push(...await verdictsOfCheckPy(kit, run, precision));
    cleanUp(run);
    const first = report.cases.find(({ divergence }) => divergence !== undefined);
    if (first === undefined) continue;
    const { output, step, causes } = first.divergence!;
    const said = causes.at(0);
    const judged = { isAttributed: steps.includes(step), isMisled: said !== undefined && !cause.test(said) };
    return { id: first.id, level: first.level, output, step, cause: said, ...judged, ours, theirs };
  }
  return { id: undefined, level: '', output: '', step: '', cause: undefined, isAttributed: false, isMisled: false, ours, theirs };
}

export const cleanUp = ({ results }: PortRun): void => rmSync(results, { recursive: true });
