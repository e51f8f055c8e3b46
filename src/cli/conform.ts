/** `infinitystar conform <directory>…`: runs golden cases and reports the first divergence of each. */

import { Command } from 'commander';
import { kinds } from '../conform/kinds/index.ts';
import { findCases, loadCase } from '../conform/load.ts';
import { formatReport } from '../conform/report.ts';
import { runCase } from '../conform/run.ts';
import type { CaseReport } from '../conform/run.ts';
import { FileError, InfinityStarError, printableJson } from '../errors.ts';
import type { Backend } from '../backend/backend.ts';
import { addComputeOptions, backendOf } from './options.ts';
import type { ComputeOptions } from './options.ts';

export function conformCommand(signal: AbortSignal): Command {
  const command = new Command('conform')
    .description('check this implementation against golden cases (exit 1: a case fails, 2: unreadable input)')
    .argument('<directories...>', 'directories of golden cases, searched in depth')
    .option('--filter <text>', 'only cases whose group/id contains the text')
    .option('--json', 'print the whole report as JSON');
  return addComputeOptions(command).action(async (directories: string[], options: ConformOptions) => {
    process.exitCode = await conform(directories, options, signal);
  });
}

interface ConformOptions extends ComputeOptions {
  readonly filter?: string;
  readonly json?: true;
}

/** @returns the exit code: 0 all pass, 1 some fail, 2 nothing to run or something unreadable. */
async function conform(directories: readonly string[], options: ConformOptions, signal: AbortSignal): Promise<number> {
  let folders: string[];
  try {
    folders = directories.flatMap(findCases);
  } catch (error) {
    process.stderr.write(`error: ${messageOf(error)}\n`);
    return 2;
  }
  const backend = await backendOf(options, signal);
  const reports: CaseReport[] = [];
  for (const folder of folders) {
    const report = await runFolder(folder, backend, signal, options.filter);
    if (report !== undefined) reports.push(report);
  }
  if (reports.length === 0) {
    process.stderr.write(`error: no case contains '${options.filter}'\n`);
    return 2;
  }
  process.stdout.write(`${options.json ? printableJson(reports, 2) : formatReport(reports, backend.name)}\n`);
  if (reports.some((report) => report.status === 'unreadable')) return 2;
  return reports.some((report) => report.status === 'failed') ? 1 : 0;
}

async function runFolder(
  folder: string, backend: Backend, signal: AbortSignal, filter?: string,
): Promise<CaseReport | undefined> {
  const unrun = { kind: '?', outputs: [], bits: { compared: 0, equal: 0 }, seconds: 0 };
  try {
    const c = loadCase(folder);
    if (filter !== undefined && !c.id.includes(filter)) return undefined;
    const kind = kinds.get(c.kind);
    if (kind === undefined) throw new FileError(folder, `kind '${c.kind}' is unknown`);
    return await runCase(c, kind, backend);
  } catch (error) {
    signal.throwIfAborted();
    return { ...unrun, id: folder, status: 'unreadable', note: messageOf(error) };
  }
}

function messageOf(error: unknown): string {
  return error instanceof InfinityStarError ? error.message : `internal error: ${String(error)}`;
}
