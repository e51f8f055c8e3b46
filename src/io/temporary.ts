/**
 * Temporary files and folders that leave nothing behind: they are removed after an error, when the program exits, and,
 * where it was killed, by the next run that writes to the same folder.
 *
 * Their names say who made them: `.infinitystar-<host>-<process>-<random>.tmp`. Those of a living process or of another
 * host (folders may be shared) stay.
 */

import { createHash, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';

export interface Temporary {
  /** Free to be made; short, so that it fits wherever a result's name does, and hidden, so that nobody takes it for one. */
  readonly path: string;
  /** It has been renamed: there is nothing left to remove. */
  kept(): void;
  remove(): Promise<void>;
}

const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
const NAME = /^\.infinitystar-([0-9a-f]{8})-(\d+)-[0-9a-f]{12}\.tmp$/;

/** What this process has not finished. */
const unfinished = new Set<string>();
/** Folders that this process has looked through. */
const swept = new Set<string>();

/** A new name in a folder, from which the leftovers of killed runs are removed first. */
export async function newTemporary(folder: string): Promise<Temporary> {
  const place = resolve(folder);
  await removeLeftovers(place);
  if (unfinished.size === 0) process.once('exit', removeUnfinished);
  const path = join(place, `.infinitystar-${HOST}-${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
  unfinished.add(path);
  const kept = (): void => {
    unfinished.delete(path);
    if (unfinished.size === 0) process.removeListener('exit', removeUnfinished);
  };
  return {
    path,
    kept,
    async remove() {
      await rm(path, { recursive: true, force: true });
      kept();
    },
  };
}

function removeUnfinished(): void {
  for (const path of unfinished) rmSync(path, { recursive: true, force: true });
}

async function removeLeftovers(place: string): Promise<void> {
  if (swept.has(place)) return;
  swept.add(place);
  const names = await readdir(place).catch(() => []); // whoever makes something there will see what is wrong
  for (const name of names) {
    const [, host, owner] = NAME.exec(name) ?? [];
    const path = join(place, name);
    if (host !== HOST || (await mayBeWritten(path, Number(owner)))) continue;
    // Somebody else's, perhaps, or in use on Windows: then it stays.
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Whether its owner lives. In a container that was started anew, another process had the number of this one. */
async function mayBeWritten(path: string, owner: number): Promise<boolean> {
  if (owner === process.pid) {
    const status = await stat(path).catch(() => undefined); // gone: finished by another thread
    return status === undefined || status.mtimeMs >= Date.now() - process.uptime() * 1000 - 2000;
  }
  try {
    process.kill(owner, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
