/**
 * How much memory the reading of one file may take: a fixed share, and some for every byte that really is there, so
 * that a small file can never make the program large, whatever it claims.
 *
 *   bytes ≤ 160 MiB + 24 · bytes of the file
 *
 * Every reader reckons what it is about to allocate from the sizes that a file claims, and asks here first.
 */

import { FileError } from '../errors.ts';

/** Bytes that reading any file may take, however small it is. */
export const READ_BUDGET = 160 * 2 ** 20;
/** Bytes more for every byte of the file. */
const PER_BYTE = 24;

/** Bytes that reading a file of so many bytes may take. */
export function readBudget(fileBytes: number): number {
  return READ_BUDGET + PER_BYTE * fileBytes;
}

/**
 * @param needed bytes, at their highest.
 * @param what needs them: `8000×8000 pixels`.
 * @throws FileError if that is more than the file's budget.
 */
export function checkMemory(file: string, needed: number, fileBytes: number, what: string): void {
  const budget = readBudget(fileBytes);
  if (needed <= budget) return;
  throw new FileError(file, `claims ${what}: ${mebibytes(needed)} MiB to read it; at most ${mebibytes(budget)} are used`);
}

function mebibytes(bytes: number): string {
  return Math.ceil(bytes / 2 ** 20).toString();
}
