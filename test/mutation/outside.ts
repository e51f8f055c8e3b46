/** Runs the outside port with a planted fault on the cases that could show it, and checks what it wrote. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { referenceBackend } from '../../reference/backend.ts';
import { checkKit } from '../../src/kit/check.ts';
import type { KitReport } from '../../src/kit/check.ts';
import type { Profile } from '../../src/kit/profiles.ts';

const root = join(import.meta.dirname, '../..');

/** Whether python3 with NumPy is here. */
export const hasNumpy = spawnSync('python3', ['-c', 'import numpy']).status === 0;

/** Case → the faults that it could show. */
export type Asked = ReadonlyMap<string, readonly string[]>;

export interface PortRun {
  readonly results: string;
  readonly asked: Asked;
}

export function runPort(kit: string, options: readonly string[]): PortRun {
  const results = mkdtempSync(join(tmpdir(), 'outside-'));
  const { status, stdout, stderr } = spawnSync('python3', [join(root, 'test/kit/port/port.py'), kit, results, ...options], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
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
export function verdictsOfCheckPy(kit: string, { results, asked }: PortRun, profile: Profile): Verdict[] {
  const json = join(results, 'report.json.out');
  spawnSync('python3', [join(root, 'fixtures/kit/check.py'), kit, results, '--profile', profile, '--json', json]);
  const { cases } = JSON.parse(readFileSync(json, 'utf8')) as { cases: { id: string; status: string; divergence: { output: string } | null }[] };
  const ran = cases.filter(({ id }) => asked.has(id));
  return ran.map(({ id, status, divergence }) => ({ id, status, output: divergence?.output }));
}

/** Runs a fault; `correct` says which cases could show it. */
export function plant(kit: string, correct: Asked, name: string, precision: Profile): PortRun {
  const only = [...correct].filter(([, faults]) => faults.includes(name)).map(([id]) => id);
  return runPort(kit, ['--fault', name, '--precision', precision, '--only', JSON.stringify(only)]);
}

export const cleanUp = ({ results }: PortRun): void => rmSync(results, { recursive: true });
