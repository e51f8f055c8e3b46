/** Random access to the bytes of a file, wherever they are: in memory, on disk, behind range requests. */

import { FileError } from '../errors.ts';

export interface ByteSource {
  /** For errors. */
  readonly name: string;
  /** Bytes in all. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`; the caller may keep them but not change them.
   * @throws FileError if they are not all there.
   */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Frees what the source holds, such as a file handle. */
  close(): Promise<void>;
}

/** @throws FileError if the range is not inside the source. */
export function checkRange({ name, size }: Pick<ByteSource, 'name' | 'size'>, offset: number, length: number): void {
  if (!(Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0)) {
    throw new FileError(name, `is damaged: no range of ${length} bytes at ${offset}`);
  }
  if (offset + length > size) {
    throw new FileError(name, `is truncated: ${length} bytes at ${offset} are wanted, the file has ${size}`);
  }
}

export function memorySource(bytes: Uint8Array, name: string): ByteSource {
  const source: ByteSource = {
    name,
    size: bytes.length,
    read: async (offset, length) => {
      checkRange(source, offset, length);
      return Promise.resolve(bytes.subarray(offset, offset + length));
    },
    close: () => Promise.resolve(),
  };
  return source;
}
