/** Lets a port compute a kit and checks what it wrote in this run: what lay there before, or was skipped, is not read. */

import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import type { Backend } from '../backend/backend.ts';
import { FileError } from '../errors.ts';
import { checkKit } from './check.ts';
import type { CheckSettings, KitReport } from './check.ts';
import { drivePort } from './drive.ts';
import type { DriveOptions } from './drive.ts';
import { readManifest } from './manifest.ts';
import type { KitEntry } from './manifest.ts';
import { NOTHING, readResults } from './results.ts';
import type { PortResults } from './results.ts';

export interface RunReport extends KitReport {
  /** As the port calls itself. */
  readonly name: string;
}

/**
 * @param results a new or empty folder for what the port writes.
 * @throws FileError if there is no readable kit, the folder is not empty, or the port does not start.
 */
export async function runKit(
  directory: string,
  results: string,
  b: Backend,
  wanted: (entry: KitEntry) => boolean,
  options: DriveOptions & Pick<CheckSettings, 'profile'>,
): Promise<RunReport> {
  const entries = readManifest(directory).filter(wanted);
  if (existsSync(results) && readdirSync(results).length > 0) {
    throw new FileError(results, 'is not empty: old results must not pass for new ones; choose another folder');
  }
  mkdirSync(results, { recursive: true });
  const { name, outcomes } = await drivePort(directory, results, entries, options);
  const read = (id: string): Promise<PortResults> => {
    return outcomes.get(id)?.result === 'done' ? readResults(results, id) : Promise.resolve(NOTHING);
  };
  const report = await checkKit(directory, results, b, { ...options, wanted, read });
  const cases = report.cases.map((one) => {
    const outcome = outcomes.get(one.id);
    if (outcome === undefined) return one;
    const { result, why, seconds } = outcome;
    if (result === 'done' || one.status === 'unreadable') return { ...one, seconds };
    return { ...one, seconds, why, status: result === 'error' ? 'error' as const : one.status };
  });
  return { ...report, cases, name };
}
