/**
 * Writing that either happens as a whole or not at all: under a temporary name beside the target (temporary.ts), brought
 * to the disk, then renamed. After an error nothing is left over and what was there before is untouched.
 */

import type { Stats } from 'node:fs';
import { access, constants, mkdir, open, readdir, readlink, rename, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { breathe } from '../breathe.ts';
import { FileError } from '../errors.ts';
import { fileError } from './files.ts';
import { newTemporary } from './temporary.ts';

/**
 * Writes bytes, or chunks of them as they come; an existing file is replaced, its permissions and links to it stay.
 * @param signal ends the writing with its reason.
 * @throws FileError if the folder is missing or not writable, the target is not a regular file, or the disk is full.
 */
export async function writeFileAtomic(
  path: string,
  content: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  await checkTarget(path);
  const target = await behindLinks(path);
  const temporary = await newTemporary(dirname(target));
  try {
    const mode = (await existing(target))?.mode;
    const handle = await open(temporary.path, 'wx');
    try {
      if (mode !== undefined) await handle.chmod(mode & 0o7777);
      const chunks = content instanceof Uint8Array ? [content] : content;
      for await (const chunk of chunks) {
        signal?.throwIfAborted();
        await breathe();
        for (let done = 0; done < chunk.length; ) {
          done += (await handle.write(chunk, done, chunk.length - done)).bytesWritten;
        }
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    signal?.throwIfAborted();
    await rename(temporary.path, target);
    temporary.kept();
  } catch (error) {
    await temporary.remove();
    throw fileError(path, error);
  }
  await syncFolder(dirname(target));
}

/**
 * Makes a folder that `fill` writes into. An existing folder must be empty: it might be anything.
 * @throws FileError as writeFileAtomic.
 */
export async function writeFolderAtomic(path: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  await checkFolderTarget(path);
  const temporary = await newTemporary(dirname(path));
  try {
    await mkdir(temporary.path);
    await fill(temporary.path);
    await syncFolder(temporary.path);
    // Fails if somebody has put something there in the meantime.
    if ((await existing(path)) !== undefined) await rmdir(path);
    await rename(temporary.path, path);
    temporary.kept();
  } catch (error) {
    await temporary.remove();
    throw fileError(path, error);
  }
  await syncFolder(dirname(path));
}

/** @throws FileError if a file cannot be written here; nothing is changed. */
export async function checkTarget(path: string): Promise<void> {
  await checkParent(path);
  const status = await existing(path);
  if (status?.isDirectory()) throw new FileError(path, 'is a folder; a file is to be written there');
  // Renaming over a device or a pipe would replace it.
  if (status !== undefined && !status.isFile()) throw new FileError(path, 'exists and is not a regular file');
}

/** @throws FileError if a folder cannot be written here; nothing is changed. */
export async function checkFolderTarget(path: string): Promise<void> {
  await checkParent(path);
  const status = await existing(path);
  if (status === undefined) return;
  if (!status.isDirectory()) throw new FileError(path, 'exists and is not a folder');
  if ((await readdir(path)).length > 0) throw new FileError(path, 'exists and is not empty; choose another folder');
}

async function checkParent(path: string): Promise<void> {
  if (basename(path) === '') throw new FileError(path || "''", 'is not a name for an output');
  if (path === '-') throw new FileError(path, 'is not a name for an output: nothing is written to standard output (./- is a file)');
  const parent = dirname(path);
  try {
    if (!(await stat(parent)).isDirectory()) throw new FileError(parent, 'is not a folder');
    await access(parent, constants.W_OK);
  } catch (error) {
    const cause = fileError(parent, error);
    const problem = cause instanceof FileError ? cause.problem : String(cause);
    throw new FileError(path, `cannot be written: its folder '${parent}' ${problem}`, { cause });
  }
}

/** What is there, if anything. */
async function existing(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw fileError(path, error);
  }
}

/** The file that a symbolic link names, whether there is one yet or not; other paths are what they are. */
async function behindLinks(path: string): Promise<string> {
  let target = path;
  for (let links = 0; links < 40; links++) {
    const next = await readlink(target).catch(() => undefined); // most files are no links
    if (next === undefined) return target;
    target = resolve(dirname(target), next);
  }
  throw new FileError(path, 'is a circle of links');
}

/** Makes a rename last through a power failure; not every system can. */
async function syncFolder(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    // Windows does not open folders; the file itself is complete either way.
  }
}
