/**
 * ZIP archives, by range: the end record, the central directory, then single members, so that an archive of any size
 * can be listed and read without being held. With ZIP64, and with the checks that keep a lying archive from more
 * than its own bytes. Format: PKWARE APPNOTE 6.3.
 *
 * Checksums are not compared: members are read in parts, and PyTorch can write archives without them.
 */

import { Inflate } from 'fflate';
import { FileError, show } from '../errors.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { readZipDirectory } from './zip-directory.ts';

export interface ZipMember {
  readonly name: string;
  readonly deflated: boolean;
  /** Bytes in the archive, and unpacked. */
  readonly packedSize: number;
  readonly size: number;
  /** Where its bytes begin. */
  readonly start: number;
}

const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;
/** What is inflated at once: deflate gains at most a factor of about 1030. */
const INFLATE_STEP = 4096;

/**
 * Members by name.
 * @throws FileError if it is no archive, or damaged, or some member cannot be where it is said to be.
 */
export async function openZip(source: ByteSource): Promise<ReadonlyMap<string, ZipMember>> {
  const { entries, start: directory } = await readZipDirectory(source);
  const members = new Map<string, ZipMember>();
  for (const { headerAt, ...entry } of entries) {
    const where = `${source.name}: ${show(entry.name)}`;
    if (members.has(entry.name)) throw new FileError(where, 'is there twice');
    if (headerAt + LOCAL_BYTES > directory) throw new FileError(where, 'lies outside the archive');
    const bytes = await source.read(headerAt, LOCAL_BYTES);
    const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (header.getUint32(0, true) !== LOCAL_SIGNATURE) throw new FileError(where, 'is not where the directory says');
    const start = headerAt + LOCAL_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
    if (start + entry.packedSize > directory) {
      throw new FileError(where, `claims ${entry.packedSize} bytes, more than there are`);
    }
    members.set(entry.name, { ...entry, start });
  }
  return members;
}

/**
 * Bytes [start, start + length) of a member's content.
 * @throws FileError if they are not all there, or if the member does not unpack to its size.
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
  if (!member.deflated) return source.read(member.start + start, length);
  return (await inflate(source, member)).subarray(start, end);
}

async function inflate(source: ByteSource, member: ZipMember): Promise<Uint8Array> {
  const where = `${source.name}: ${show(member.name)}`;
  const packed = await source.read(member.start, member.packedSize);
  const content = new Uint8Array(member.size);
  let done = 0;
  const inflater = new Inflate((chunk) => {
    if (done + chunk.length > content.length) {
      throw new FileError(where, `unpacks to more than its ${member.size} bytes`);
    }
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
  if (done !== content.length) throw new FileError(where, `unpacks to ${done} bytes; ${member.size} are declared`);
  return content;
}
