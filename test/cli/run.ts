/** Runs the command line as a user does. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param cwd where the command runs. */
export function infinitystar(cwd: string, ...args: string[]): Promise<Outcome> {
  const bin = join(import.meta.dirname, '../../bin/infinitystar.js');
  return new Promise((resolve) => {
    execFile(process.execPath, [bin, ...args], { cwd, timeout: 120_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}
