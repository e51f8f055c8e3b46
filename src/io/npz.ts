/**
 * .npz archives: a ZIP file of .npy members (NumPy's savez). The ZIP layer is `fflate`'s, which reads sizes
 * from the central directory; this file bounds what an archive may unpack to.
 */

import { unzipSync, zipSync } from 'fflate';
import type { HostArray } from '../array/host.ts';
import { FileError, InfinityStarError } from '../errors.ts';
import { readNpy, writeNpy } from './npy.ts';

/** More than deflate can gain on any data: a member that claims more than this is a zip bomb. */
const largestExpansion = 1100;

/**
 * @param name what to call the archive in errors.
 * @param wanted which members to unpack, by name without `.npy`; all if left out.
 * @throws FileError if the archive or a member is damaged, or a member claims an impossible size.
 */
export function readNpz(
  bytes: Uint8Array,
  name: string,
  wanted: (member: string) => boolean = () => true,
): Map<string, HostArray> {
  const members = unpackNpz(bytes, name, wanted);
  return new Map(
    Object.entries(members).map(([file, content]) => {
      const member = file.replace(/\.npy$/, '');
      return [member, readNpy(content, `${name}: ${member}`)];
    }),
  );
}

/** The members of an archive as they are, by file name. @throws FileError as readNpz. */
export function unpackNpz(
  bytes: Uint8Array,
  name: string,
  wanted: (member: string) => boolean = () => true,
): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes, {
      filter({ name: file, size, originalSize }) {
        if (size > bytes.length || originalSize > largestExpansion * Math.max(size, 1)) {
          throw new FileError(name, `member ${file} claims ${originalSize} bytes from ${size}`);
        }
        return file.endsWith('.npy') && wanted(file.replace(/\.npy$/, ''));
      },
    });
  } catch (error) {
    if (error instanceof InfinityStarError) throw error;
    throw new FileError(name, `not a readable .npz archive (${error instanceof Error ? error.message : String(error)})`, {
      cause: error,
    });
  }
}

/** The bytes of an archive; names may contain slashes. */
export function writeNpz(arrays: ReadonlyMap<string, HostArray>): Uint8Array {
  const members = Object.fromEntries([...arrays].map(([member, array]) => [`${member}.npy`, writeNpy(array)]));
  return zipSync(members, { level: 6, mtime: new Date('1980-01-02T00:00:00Z') });
}
