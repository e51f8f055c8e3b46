/**
 * A run's folder belongs to one process at a time: the file `lock` in it names which. That of a process that has ended
 * without removing it, by a kill or a failure of the machine, is taken over by the next.
 */

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { FileError, printable } from '../../errors.ts';
import { fileError } from '../../io/files.ts';

/** @throws FileError if another process that is alive has locked the folder, what `body` throws. */
export async function withLock<T>(folder: string, body: () => Promise<T>): Promise<T> {
  const file = join(folder, 'lock');
  const own = `${process.pid} ${startOf(process.pid)} ${hostname()} ${randomUUID()}\n`;
  try {
    await take(file, own, folder);
  } catch (error) {
    throw fileError(file, error);
  }
  try {
    return await body();
  } finally {
    if ((await contentOf(file)) === own) await rm(file, { force: true });
  }
}

/** @throws FileError as withLock; nothing is locked. For a quick answer before long work. */
export async function checkUnlocked(folder: string): Promise<void> {
  const held = await contentOf(join(folder, 'lock'));
  if (held !== undefined) refuseIfAlive(held, folder);
}

async function take(file: string, own: string, folder: string): Promise<void> {
  for (;;) {
    try {
      await writeFile(file, own, { flag: 'wx' });
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const held = await contentOf(file);
    if (held === undefined) continue; // just given up
    refuseIfAlive(held, folder);
    // Moved before it is removed: whoever took it over in the meantime gets it back.
    const aside = `${file}.${randomUUID()}`;
    await rename(file, aside).catch(() => undefined);
    const moved = await contentOf(aside);
    if (moved !== undefined && moved !== held) await link(aside, file).catch(() => undefined);
    await rm(aside, { force: true });
  }
}

function refuseIfAlive(held: string, folder: string): void {
  const [pid = '', start, host = ''] = held.trim().split(' ');
  if (host !== '' && host !== hostname()) {
    throw new FileError(folder, `a training runs in it on ${printable(host)}; remove its file 'lock' if that is over`);
  }
  if (isAlive(Number(pid), start)) throw new FileError(folder, `another training (process ${Number(pid)}) runs in it`);
}

async function contentOf(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).slice(0, 1000);
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR'].includes(String(error.code))) return undefined;
    throw fileError(file, error);
  }
}

/** Whether the very process that wrote the lock runs, and not a later one of the same number. */
function isAlive(pid: number, start: string | undefined): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  return startOf(pid) === start;
}

/** When a process began, in the system's own ticks; `?` where the system does not tell. */
function startOf(pid: number): string {
  try {
    // Field 22; the second, the name in parentheses, may hold spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)!.split(' ');
    return fields[19] ?? '?';
  } catch {
    return '?';
  }
}
