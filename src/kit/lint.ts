/**
 * Looks at names, shapes and types of what a port wrote, not at values: what can be put right before anything is
 * compared, also against a kit without answers.
 */

import { breathe } from '../breathe.ts';
import { printable } from '../errors.ts';
import { formProblem } from './judge.ts';
import type { KitCase, KitEntry } from './manifest.ts';
import { readKit, readKitCase } from './manifest.ts';
import type { PortResults } from './results.ts';
import { readResults, strangeFiles, strangeNames } from './results.ts';

export interface LintReport {
  /** A line each, in the order of the kit: the case, the output, what is wrong with it. */
  readonly findings: readonly string[];
  /** Cases with files of theirs. */
  readonly written: number;
  /** Cases that were looked for. */
  readonly cases: number;
}

export interface LintSettings {
  readonly wanted?: (entry: KitEntry) => boolean;
  readonly signal?: AbortSignal;
}

/**
 * @param results folder of the port's files.
 * @throws FileError if there is no readable kit, or a case of it is damaged.
 */
export async function lintKit(directory: string, results: string, settings: LintSettings = {}): Promise<LintReport> {
  const { wanted = () => true, signal } = settings;
  const { entries } = readKit(directory);
  const chosen = entries.filter(wanted);
  const findings: string[] = [];
  let written = 0;
  for (const entry of chosen) {
    await breathe();
    signal?.throwIfAborted();
    const found = await readResults(results, entry.id);
    if (found.arrays.size + found.json.size + found.problems.length === 0) continue;
    written += 1;
    findings.push(...lintCase(readKitCase(directory, entry), found).map((finding) => `${entry.level}  ${entry.id}: ${finding}`));
  }
  const strange = strangeFiles(results, entries.map(({ id }) => id)).map((file) => `${file}: belongs to no case`);
  return { findings: [...findings, ...strange].map(printable), written, cases: chosen.length };
}

/** What is wrong with the form of one case's results, a line each. */
export function lintCase({ case: c, main }: KitCase, results: PortResults): string[] {
  const { arrays, json, problems } = results;
  const tensors = new Map(c.outputs.map((output) => [output.name, output]));
  const findings = [...problems];
  for (const [name, array] of arrays) {
    const output = tensors.get(name);
    const problem = output === undefined ? undefined : formProblem(output, array)?.problem;
    if (problem !== undefined) findings.push(`${name}: ${problem}`);
  }
  findings.push(...strangeNames(c, results).map(({ name, problem }) => `${name}: ${problem}`));
  const missing = main.filter((name) => !arrays.has(name) && !json.has(name));
  return [...findings, ...missing.map((name) => `${name}: missing; without it the case is at best partly run`)];
}
