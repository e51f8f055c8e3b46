/**
 * Parsers that ask for ranges of a file instead of reading it themselves, so that one parser serves a file in memory, at
 * once, and a file elsewhere, piece by piece: `const bytes = yield [offset, length]`.
 */

import type { ByteSource } from './byte-source.ts';
import { checkRange } from './byte-source.ts';

export type Requests<T> = Generator<readonly [offset: number, length: number], T, Uint8Array>;

/** Runs a parser on bytes in memory. @throws FileError if it asks for what is not there, and what it throws itself. */
export function parseBytes<T>(bytes: Uint8Array, name: string, parser: Requests<T>): T {
  let step = parser.next();
  while (!step.done) {
    const [offset, length] = step.value;
    checkRange({ name, size: bytes.length }, offset, length);
    step = parser.next(bytes.subarray(offset, offset + length));
  }
  return step.value;
}

/** Runs a parser on a source. @throws FileError as parseBytes. */
export async function parseSource<T>(source: ByteSource, parser: Requests<T>): Promise<T> {
  let step = parser.next();
  while (!step.done) step = parser.next(await source.read(...step.value));
  return step.value;
}
