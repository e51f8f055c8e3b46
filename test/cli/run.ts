/** Runs the command line: as a user does, or, much faster, within the test's own process. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { vi } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** In a process of its own. @param cwd where the command runs. */
export function infinitystar(cwd: string, ...args: string[]): Promise<Outcome> {
  const bin = join(import.meta.dirname, '../../bin/infinitystar.js');
  return new Promise((resolve) => {
    execFile(process.execPath, [bin, ...args], { cwd, timeout: 120_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** Within this process: one command at a time, and file names must be absolute. */
export async function runHere(...args: string[]): Promise<Outcome> {
  const texts = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) => {
    return vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      texts[stream] += String(text);
      return true;
    });
  });
  try {
    return { code: await runProgram(args), ...texts };
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = undefined;
  }
}
