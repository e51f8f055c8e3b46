/** `--open`: shows a result in the program that this desktop has for it. */

import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

/** By platform: a program and what it needs before the path. No shell reads the path. */
const OPENERS: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/** Starts it and does not wait for its end; where there is none, says so: the result is there all the same. */
export async function openFile(path: string): Promise<void> {
  const [program, ...before] = OPENERS[process.platform] ?? ['xdg-open'];
  const problem = await new Promise<string | undefined>((done) => {
    const child = spawn(program, [...before, resolve(path)], { detached: true, stdio: 'ignore' });
    child.once('error', ({ message }) => done(message));
    child.once('spawn', () => {
      child.unref();
      done(undefined);
    });
  });
  if (problem !== undefined) process.stderr.write(`note: ${path} is there, but could not be opened (${problem})\n`);
}
