/**
 * .npz archives: a ZIP file of .npy members (NumPy's savez), compressed or not. What an archive may unpack to is bounded
 * (zip.ts), and every member's checksum is compared.
 */

import { zipSync } from 'fflate';
import type { HostArray } from '../array/host.ts';
import { FileError } from '../errors.ts';
import { readNpy, writeNpy } from './npy.ts';
import { openZipBytes, unpackMember } from './zip.ts';

/**
 * @param name what to call the archive in errors.
 * @param wanted which members to unpack, by name without `.npy`; all if left out.
 * @throws FileError if the archive or a member is damaged, members overlap, or they unpack to more than the budget.
 */
export function readNpz(
  bytes: Uint8Array,
  name: string,
  wanted: (member: string) => boolean = () => true,
): Map<string, HostArray> {
  const arrays = new Map<string, HostArray>();
  for (const [file, content] of unpackNpz(bytes, name, wanted)) {
    const member = file.replace(/\.npy$/, '');
    arrays.set(member, readNpy(content, `${name}: ${member}`));
  }
  return arrays;
}

/** The members of an archive as they are, by file name, in file order. @throws FileError as readNpz. */
export function* unpackNpz(
  bytes: Uint8Array,
  name: string,
  wanted: (member: string) => boolean = () => true,
): Generator<[file: string, content: Uint8Array]> {
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) throw new FileError(name, 'is no .npz archive'); // PK
  for (const [file, member] of openZipBytes(bytes, name)) {
    if (!file.endsWith('.npy') || !wanted(file.replace(/\.npy$/, ''))) continue;
    yield [file, unpackMember(bytes.subarray(member.start, member.start + member.packedSize), member, name)];
  }
}

/** The bytes of an archive; names may contain slashes. */
export function writeNpz(arrays: ReadonlyMap<string, HostArray>): Uint8Array {
  const members = Object.fromEntries([...arrays].map(([member, array]) => [`${member}.npy`, writeNpy(array)]));
  return zipSync(members, { level: 6, mtime: new Date('1980-01-02T00:00:00Z') });
}
