/**
 * Compares what a port wrote with a kit. Every output gets a line; nothing that a port writes stops the check. In each
 * case the first divergence in the order of execution is reported; later ones are listed too where they are faults of
 * their own, and else only counted as consequences. A case has passed when all its main outputs were compared and
 * nothing was wrong.
 */

import { abortable } from '../backend/abortable.ts';
import type { Backend } from '../backend/backend.ts';
import { breathe } from '../breathe.ts';
import { FileError, InfinityStarError } from '../errors.ts';
import type { KitCase, KitEntry, KitIdentity } from './manifest.ts';
import { readKit, readKitCase } from './manifest.ts';
import { isCompared, isFault, judgeJson, judgeTensors, unknownOutput } from './outputs.ts';
import type { OutputReport } from './outputs.ts';
import type { Profile } from './profiles.ts';
import type { PortResults } from './results.ts';
import { readResults, strangeFiles, strangeNames } from './results.ts';

export type CaseStatus = 'passed' | 'failed' | 'error' | 'partly run' | 'not run' | 'unreadable';

export interface KitCaseReport extends KitEntry {
  /**
   * `error`: the port says so, crashed or was silent; `partly run`: nothing wrong, but main outputs missing or unjudged;
   * `not run`: nothing compared at all; `unreadable`: the kit's own case is damaged.
   */
  readonly status: CaseStatus;
  readonly outputs: readonly OutputReport[];
  /** How many of the outputs that the case has were compared. */
  readonly compared: number;
  readonly expected: number;
  /** The first fault in the order of execution. */
  readonly divergence?: OutputReport;
  readonly problems: readonly string[];
  /** What a driven port said of a case that it skipped or failed in. */
  readonly why?: string;
  /** What a driven port took for it. */
  readonly seconds?: number;
}

export interface KitReport {
  readonly kit: KitIdentity;
  readonly profile: Profile;
  /** Files among the results that belong to no case of the kit. */
  readonly strange: readonly string[];
  readonly cases: readonly KitCaseReport[];
  /** The first fault of all, in the order of the kit: from the parts to the whole. */
  readonly first?: { readonly id: string; readonly level: string; readonly output: string; readonly step: string };
}

export interface CheckSettings {
  readonly wanted?: (entry: KitEntry) => boolean;
  /** The precision that the port computes in; float32 unless given. */
  readonly profile?: Profile;
  /** What the port wrote for a case; the files of that name unless given. */
  readonly read?: (id: string) => Promise<PortResults>;
  /** Ends the check with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * @param results folder of the port's files.
 * @param backend to compute anew what a port may have got right from wrong values.
 * @throws FileError if there is no readable kit with answers.
 */
export async function checkKit(
  directory: string,
  results: string,
  backend: Backend,
  settings: CheckSettings = {},
): Promise<KitReport> {
  const { wanted = () => true, profile = 'float32', read = (id) => readResults(results, id), signal } = settings;
  const b = abortable(backend, signal);
  const { version, commit, sha256, answers, entries } = readKit(directory);
  if (!answers) throw new FileError(directory, 'is a kit without answers: check the results against the whole kit');
  const cases: KitCaseReport[] = [];
  for (const entry of entries.filter(wanted)) {
    await breathe();
    signal?.throwIfAborted();
    // It takes time: once a kind.
    const deep = !cases.some(({ kind, divergence }) => kind === entry.kind && divergence !== undefined);
    cases.push(await checkFolder(directory, entry, b, { profile, deep }, () => read(entry.id)));
  }
  signal?.throwIfAborted(); // a case may have been given up for it
  const strange = strangeFiles(results, entries.map(({ id }) => id));
  const report = { kit: { version, commit, sha256 }, profile, strange, cases };
  const failed = cases.find(({ divergence }) => divergence !== undefined);
  if (failed === undefined) return report;
  const { output, step } = failed.divergence!;
  return { ...report, first: { id: failed.id, level: failed.level, output, step } };
}

/** One case of a kit; a case that cannot be read becomes a report that says so. */
export async function checkFolder(
  directory: string,
  entry: KitEntry,
  b: Backend,
  { profile, deep }: { readonly profile: Profile; readonly deep: boolean },
  read: () => Promise<PortResults>,
): Promise<KitCaseReport> {
  try {
    return await checkCase(readKitCase(directory, entry, profile), await read(), b, deep);
  } catch (error) {
    const message = error instanceof InfinityStarError ? error.message : `internal error: ${String(error)}`;
    return { ...entry, status: 'unreadable', outputs: [], compared: 0, expected: 0, problems: [message] };
  }
}

export async function checkCase(kit: KitCase, results: PortResults, b: Backend, deep = true): Promise<KitCaseReport> {
  const { arrays, json, problems } = results;
  const { id, kind, level, case: c } = kit;
  const known = [...await judgeTensors(kit, arrays, b, deep), ...c.jsonOutputs.map((name) => judgeJson(kit, name, json))];
  const outputs = [...known, ...strangeNames(c, results).map(({ name, problem }) => unknownOutput(name, problem))];
  const divergence = outputs.find(isFault);
  const compared = known.filter(isCompared);
  const isWhole = compared.length > 0 && kit.main.every((name) => compared.some(({ output }) => output === name));
  const whole = isWhole ? 'passed' : compared.length > 0 ? 'partly run' : 'not run';
  const status = problems.length > 0 || divergence !== undefined ? 'failed' : whole;
  const counts = { compared: compared.length, expected: known.length };
  return { id, kind, level, status, outputs, ...counts, problems, ...(divergence === undefined ? {} : { divergence }) };
}
