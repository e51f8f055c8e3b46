/**
 * One budget of memory for what a file unpacks to or says that it holds, spent before anything is allocated:
 *
 *     most bytes = 64 MiB + 16 · (bytes of the file)
 *
 * So a small file cannot become a large one, and a large one grows as its format does. Compressed tensors gain a factor
 * of ten at the very most; whoever needs more can store them without compression.
 */

import { FileError } from '../errors.ts';

const BASE = 2 ** 26;
const FACTOR = 16;

/** NumPy's own limit was 32 for decades; no tensor of a network has more than 6 axes. */
export const MOST_AXES = 32;

export class Budget {
  private left: number;

  constructor(
    private readonly file: string,
    fileBytes: number,
  ) {
    this.left = BASE + FACTOR * fileBytes;
  }

  /** @param what is held, in words, such as `its members`. @throws FileError if the file has no budget left for it. */
  spend(bytes: number, what: string): void {
    if (!(bytes <= this.left)) throw new FileError(this.file, `is refused: ${what} would take ${bytes} bytes, ${this.left} are left for it`);
    this.left -= bytes;
  }
}
