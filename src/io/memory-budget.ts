/**
 * How much memory the reading of one file may take: a fixed share, and some for every byte that really is there, so
 * that a small file can never make the program large, whatever it claims.
 *
 *   bytes ≤ 160 MiB + 24 · bytes of the file
 *
 * Every reader reckons what it is about to allocate from the sizes that a file claims, and asks here first: at once, where
 * the sizes stand in front (pictures), or bit by bit, where they come one after the other (archives, pickles).
 */

import { FileError } from '../errors.ts';

/** Bytes that reading any file may take, however small it is. */
export const READ_BUDGET = 160 * 2 ** 20;
/** Bytes more for every byte of the file. */
const PER_BYTE = 24;
/** How often what is unpacked is held at the same time: as it was unpacked, and as the values that are made of it. */
const COPIES = 2;

/** NumPy's own limit was 32 for decades; no tensor of a network has more than 6 axes. */
export const MOST_AXES = 32;

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

/** The same budget, spent bit by bit for what an archive unpacks to or a pickle makes. */
export class Budget {
  private left: number;

  constructor(
    private readonly file: string,
    fileBytes: number,
  ) {
    this.left = Math.floor(readBudget(fileBytes) / COPIES);
  }

  /** @param what is held, in words, such as `its members`. @throws FileError if the file has no budget left for it. */
  spend(bytes: number, what: string): void {
    if (!(bytes <= this.left)) throw new FileError(this.file, `is refused: ${what} would take ${bytes} bytes, ${this.left} are left for it`);
    this.left -= bytes;
  }
}

function mebibytes(bytes: number): string {
  return Math.ceil(bytes / 2 ** 20).toString();
}
