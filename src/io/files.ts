/** Access to files, with errors that say what is wrong in words. */

import type { Stats } from 'node:fs';
import { closeSync, fsyncSync, readFileSync, statSync, writeSync } from 'node:fs';
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { FileError } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';
import { checkRange } from './byte-source.ts';

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist: a part of its path is a file',
  EISDIR: 'is a folder',
  EACCES: 'cannot be opened: permission denied',
  EPERM: 'cannot be opened: operation not permitted',
  EROFS: 'cannot be written: the file system is read-only',
  ENOSPC: 'cannot be written: the disk is full',
  EDQUOT: 'cannot be written: the disk quota is used up',
  EFBIG: 'cannot be written: too large for this file system',
  ENAMETOOLONG: 'has too long a name',
  ELOOP: 'is a circle of links',
  EMFILE: 'cannot be opened: too many files are open',
  EXDEV: 'cannot be moved across file systems',
  EIO: 'cannot be accessed: the device reports an error',
  ERR_INVALID_ARG_VALUE: 'is not a possible file name',
};

/** An error of the system as a FileError; others stay what they are. */
export function fileError(path: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof FileError || (!(code in PROBLEMS) && !/^E[A-Z]+$/.test(code))) return error;
  return new FileError(path, PROBLEMS[code] ?? `cannot be accessed (${code})`, { cause: error });
}

/** Makes a folder, and those that it lies in, where there is none. @throws FileError if that cannot be. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw taken ? new FileError(path, 'is a file; a folder is to be made there', { cause: error }) : fileError(path, error);
  }
}

/**
 * A whole file.
 * @throws FileError if it cannot be read, is empty, is not a regular file or is longer than `maxBytes`.
 */
export async function readWhole(path: string, maxBytes = 2 ** 30): Promise<Uint8Array> {
  try {
    await checkFile(path, maxBytes);
    return await readFile(path);
  } catch (error) {
    throw fileError(path, error);
  }
}

/** The same, at once. @throws FileError as readWhole. */
export function readWholeSync(path: string, maxBytes = 2 ** 30): Uint8Array {
  try {
    checkStatus(statSync(path), path, maxBytes);
    return readFileSync(path);
  } catch (error) {
    throw fileError(path, error);
  }
}

/**
 * Writes all of the bytes to an open file. The system may take fewer at once, without an error, when a disk fills up.
 * @param path names the file in errors.
 * @throws FileError if they cannot all be written.
 */
export function writeAllSync(handle: number, bytes: Uint8Array, path: string): void {
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done, bytes.length - done);
  } catch (error) {
    throw fileError(path, error);
  }
}

/** Brings a file to the disk and closes it. @throws FileError if that fails: some systems tell only now that a disk is full. */
export function finishSync(handle: number, path: string): void {
  try {
    fsyncSync(handle);
  } catch (error) {
    throw fileError(path, error);
  } finally {
    closeSync(handle);
  }
}

/** The first bytes of a file, for recognizing its kind. @throws FileError as readWhole. */
export async function readStart(path: string, length = 64): Promise<Uint8Array> {
  const source = await fileSource(path);
  try {
    if (source.size === 0) throw new FileError(path, 'is empty');
    return await source.read(0, Math.min(length, source.size));
  } finally {
    await source.close();
  }
}

/** A file by ranges; it stays open until `close`. @throws FileError if it cannot be opened. */
export async function fileSource(path: string): Promise<ByteSource> {
  try {
    // Checked first, since opening a pipe would wait for its other end.
    const { size } = await checkFile(path, Infinity, 0);
    const handle = await open(path, 'r');
    const source: ByteSource = {
      name: path,
      size,
      async read(offset, length) {
        checkRange(source, offset, length);
        const bytes = new Uint8Array(length);
        try {
          for (let done = 0; done < length; ) {
            const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
            if (bytesRead === 0) throw new FileError(path, 'became shorter while it was read');
            done += bytesRead;
          }
        } catch (error) {
          throw fileError(path, error);
        }
        return bytes;
      },
      close: () => handle.close(),
    };
    return source;
  } catch (error) {
    throw fileError(path, error);
  }
}

export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

async function checkFile(path: string, maxBytes: number, minBytes = 1): Promise<{ size: number }> {
  return checkStatus(await stat(path), path, maxBytes, minBytes);
}

function checkStatus(status: Stats, path: string, maxBytes: number, minBytes = 1): { size: number } {
  if (status.isDirectory()) throw new FileError(path, 'is a folder');
  if (!status.isFile()) throw new FileError(path, 'is not a regular file');
  if (status.size < minBytes) throw new FileError(path, 'is empty');
  if (status.size > maxBytes) throw new FileError(path, `has ${status.size} bytes; at most ${maxBytes} are read`);
  return status;
}
