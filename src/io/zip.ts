/**
 * ZIP archives, by range: the end record, the central directory, then single members, so that an archive of any size
 * can be listed and read without being held. With ZIP64, and with the checks that keep a lying archive from more
 * than its own bytes: members do not overlap, and what they unpack to is within the budget. Format: PKWARE APPNOTE 6.3.
 */

import { Inflate } from 'fflate';
import { FileError, show } from '../errors.ts';
import { Budget } from './memory-budget.ts';
import type { ByteSource } from './byte-source.ts';
import { crc32 } from './png-chunks.ts';
import type { Requests } from './requests.ts';
import { parseBytes, parseSource } from './requests.ts';
import { readZipDirectory } from './zip-directory.ts';

export interface ZipMember {
  readonly name: string;
  readonly deflated: boolean;
  /** Bytes in the archive, and unpacked. */
  readonly packedSize: number;
  readonly size: number;
  /** CRC-32 of its content. */
  readonly checksum: number;
  /** Where its bytes begin. */
  readonly start: number;
}

export type ZipMembers = ReadonlyMap<string, ZipMember>;

const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;
/** What is inflated at once: deflate gains at most a factor of about 1030. */
const INFLATE_STEP = 4096;

/**
 * Members by name.
 * @throws FileError if it is no archive, or damaged, or some member cannot be where it is said to be.
 */
export function openZip(source: ByteSource): Promise<ZipMembers> {
  return parseSource(source, readMembers(source.name, source.size));
}

/** The same of an archive in memory. */
export function openZipBytes(bytes: Uint8Array, name: string): ZipMembers {
  return parseBytes(bytes, name, readMembers(name, bytes.length));
}

function* readMembers(name: string, size: number): Requests<ZipMembers> {
  const { entries, start: directory } = yield* readZipDirectory(name, size);
  new Budget(name, size).spend(entries.reduce((sum, entry) => sum + entry.size, 0), 'what its members unpack to');
  const members = new Map<string, ZipMember>();
  let done = 0;
  for (const { headerAt, ...entry } of entries.sort((a, b) => a.headerAt - b.headerAt)) {
    const where = `${name}: ${show(entry.name)}`;
    if (members.has(entry.name)) throw new FileError(where, 'is there twice');
    if (headerAt < done) throw new FileError(where, 'overlaps another member');
    if (headerAt + LOCAL_BYTES > directory) throw new FileError(where, 'lies outside the archive');
    const bytes = yield [headerAt, LOCAL_BYTES];
    const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (header.getUint32(0, true) !== LOCAL_SIGNATURE) throw new FileError(where, 'is not where the directory says');
    const start = headerAt + LOCAL_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
    done = start + entry.packedSize;
    if (done > directory) throw new FileError(where, `claims ${entry.packedSize} bytes, more than there are`);
    members.set(entry.name, { ...entry, start });
  }
  return members;
}

/**
 * Bytes [start, start + length) of a member's content.
 * @throws FileError if they are not all there, if the member does not unpack to its size, or if all are asked for and
 *   are not those of its checksum.
 */
export async function readMember(
  source: ByteSource,
  member: ZipMember,
  start: number,
  length: number,
): Promise<Uint8Array> {
  const end = start + length;
  if (end > member.size) {
    throw new FileError(`${source.name}: ${show(member.name)}`, `has ${member.size} bytes; ${end} are wanted`);
  }
  const all = length === member.size;
  if (!all && !member.deflated) return source.read(member.start + start, length);
  // PyTorch can be told to write no checksums; then they are 0.
  const content = unpackMember(await source.read(member.start, member.packedSize), member, source.name, member.checksum !== 0);
  return content.subarray(start, end);
}

/**
 * The content of a member.
 * @param packed its bytes in the archive `file`.
 * @param checked whether its checksum counts.
 * @throws FileError if they do not unpack to its size and its checksum.
 */
export function unpackMember(packed: Uint8Array, member: ZipMember, file: string, checked = true): Uint8Array {
  const where = `${file}: ${show(member.name)}`;
  const content = member.deflated ? inflate(packed, member.size, where) : packed;
  if (checked && crc32(content) !== member.checksum) throw new FileError(where, 'is damaged: its checksum (CRC-32) is wrong');
  return content;
}

function inflate(packed: Uint8Array, size: number, where: string): Uint8Array {
  const content = new Uint8Array(size);
  let done = 0;
  const inflater = new Inflate((chunk) => {
    if (done + chunk.length > size) throw new FileError(where, `unpacks to more than its ${size} bytes`);
    content.set(chunk, done);
    done += chunk.length;
  });
  try {
    for (let at = 0; at < packed.length; at += INFLATE_STEP) {
      inflater.push(packed.subarray(at, at + INFLATE_STEP), at + INFLATE_STEP >= packed.length);
    }
  } catch (cause) {
    throw cause instanceof FileError ? cause : new FileError(where, 'is damaged: it cannot be unpacked', { cause });
  }
  if (done !== size) throw new FileError(where, `unpacks to ${done} bytes; ${size} are declared`);
  return content;
}
