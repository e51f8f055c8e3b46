/**
 * Compares what a port wrote with a kit. Every output gets a line; nothing that a port writes stops the check. In each
 * case the first divergence in the order of execution is reported; later ones are listed too where they are faults of
 * their own, and else only counted as consequences. A case has passed when all its main outputs were compared and
 * nothing was wrong.
 */

import { abortable } from '../backend/abortable.ts';
import type { Backend } from '../backend/backend.ts';
import { breathe } from '../breathe.ts';
import { InfinityStarError } from '../errors.ts';
import type { KitCase, KitEntry } from './manifest.ts';
import { readKitCase, readManifest } from './manifest.ts';
import { isCompared, isFault, judgeJson, judgeTensors, unknownOutput } from './outputs.ts';
import type { OutputReport } from './outputs.ts';
import type { PortResults } from './results.ts';
import { readResults } from './results.ts';

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
  readonly cases: readonly KitCaseReport[];
  /** The first fault of all, in the order of the kit: from the parts to the whole. */
  readonly first?: { readonly id: string; readonly level: string; readonly output: string; readonly step: string };
}

/**
 * @param results folder of the port's files.
 * @param backend to compute anew what a port may have got right from wrong values.
 * @param read what the port wrote for a case; the files of that name unless given.
 * @param signal ends the check with its reason.
 * @throws FileError if there is no readable kit.
 */
export async function checkKit(
  directory: string,
  results: string,
  backend: Backend,
  wanted: (entry: KitEntry) => boolean = () => true,
  read: (id: string) => Promise<PortResults> = (id) => readResults(results, id),
  signal?: AbortSignal,
): Promise<KitReport> {
  const b = abortable(backend, signal);
  const cases: KitCaseReport[] = [];
  for (const entry of readManifest(directory).filter(wanted)) {
    await breathe();
    signal?.throwIfAborted();
    cases.push(await checkFolder(directory, entry, b, () => read(entry.id)));
  }
  signal?.throwIfAborted(); // a case may have been given up for it
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
    return { ...entry, status: 'unreadable', outputs: [], compared: 0, expected: 0, problems: [message] };
  }
}

export async function checkCase(kit: KitCase, { arrays, json, problems }: PortResults, b: Backend): Promise<KitCaseReport> {
  const { id, kind, level, case: c } = kit;
  const known = [...await judgeTensors(kit, arrays, b), ...c.jsonOutputs.map((name) => judgeJson(kit, name, json))];
  const tensors = new Set(c.outputs.map(({ name }) => name));
  const strange = [...arrays.keys()].filter((name) => !tensors.has(name));
  strange.push(...[...json.keys()].filter((name) => !c.jsonOutputs.includes(name)));
  const outputs = [...known, ...strange.map(unknownOutput)];
  const divergence = outputs.find(isFault);
  const compared = known.filter(isCompared);
  const isWhole = compared.length > 0 && kit.main.every((name) => compared.some(({ output }) => output === name));
  const whole = isWhole ? 'passed' : compared.length > 0 ? 'partly run' : 'not run';
  const status = problems.length > 0 || divergence !== undefined ? 'failed' : whole;
  const counts = { compared: compared.length, expected: known.length };
  return { id, kind, level, status, outputs, ...counts, problems, ...(divergence === undefined ? {} : { divergence }) };
}
