/**
 * Zlib data (RFC 1950) of known length, by Node's zlib: whole, undamaged and with the right Adler-32, or not at all.
 * What follows the stream, and some bytes more than are wanted, are left alone, as by all viewers of PNG.
 */

import { inflateSync } from 'node:zlib';
import { FileError } from '../errors.ts';

/** Bytes that the data may hold beyond the wanted ones: no more memory than this is spent on them. */
export const SURPLUS = 2 ** 18;

/**
 * The first `length` inflated bytes.
 * @throws FileError if the data are truncated or damaged, or hold far more than `length` bytes.
 */
export function inflateLength(parts: readonly Uint8Array[], length: number, file: string): Uint8Array {
  const data = parts.length === 1 ? parts[0] : Buffer.concat(parts);
  const bytes = inflate(data, length + SURPLUS, file);
  if (bytes.length < length) throw new FileError(file, `is truncated: its data hold ${bytes.length} of ${length} bytes`);
  return bytes.subarray(0, length);
}

function inflate(data: Uint8Array, most: number, file: string): Uint8Array {
  try {
    // One chunk for everything: else Node would put pieces together and need twice the memory.
    return inflateSync(data, { chunkSize: most + 1, maxOutputLength: most });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new FileError(file, 'is damaged: far more data than it has pixels', { cause });
    if (code === 'Z_BUF_ERROR') throw new FileError(file, 'is truncated: its compressed data end early', { cause });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FileError(file, `is damaged: its compressed data are broken (${reason})`, { cause });
  }
}
