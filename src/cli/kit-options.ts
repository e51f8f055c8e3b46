/** What the commands of a kit share: which cases, and how they fail. */

import { existsSync } from 'node:fs';
import { Option } from 'commander';
import type { Command } from 'commander';
import { FileError, InfinityStarError } from '../errors.ts';
import { LEVELS } from '../kit/levels.ts';
import type { KitEntry } from '../kit/manifest.ts';

export interface Choice {
  readonly filter?: string;
  readonly level?: readonly string[];
}

export function levelOption(): Option {
  return new Option('--level <levels...>', 'levels (default: all)').choices(Object.keys(LEVELS));
}

export function addChoice(command: Command): Command {
  return command.addOption(levelOption()).option('--filter <text>', 'only cases whose id contains the text');
}

export function chosen({ filter = '', level }: Choice): (entry: KitEntry) => boolean {
  return (entry) => entry.id.includes(filter) && (level === undefined || level.includes(entry.level));
}

/** @throws FileError if there is no folder of results. */
export function checkResults(results: string): void {
  if (!existsSync(results)) throw new FileError(results, 'no such folder');
}

/** As `action`; what cannot be read or does not start is one line and exit code 2. */
export async function exitingTwo(signal: AbortSignal, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof InfinityStarError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = 2;
  }
}
