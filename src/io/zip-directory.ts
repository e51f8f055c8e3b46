/** The end record and the central directory of a ZIP archive: what is in it, before any of it is looked at. */

import { FileError, show } from '../errors.ts';
import type { Requests } from './requests.ts';

export interface ZipEntry {
  readonly name: string;
  readonly deflated: boolean;
  readonly packedSize: number;
  readonly size: number;
  /** CRC-32 of its content. */
  readonly checksum: number;
  /** Of the local header. */
  readonly headerAt: number;
}

const END = { signature: 0x06054b50, bytes: 22, maxComment: 0xffff };
const END64 = { signature: 0x06064b50, bytes: 56 };
const LOCATOR64 = { signature: 0x07064b50, bytes: 20 };
const ENTRY = { signature: 0x02014b50, bytes: 46 };

const MAX_DIRECTORY = 2 ** 24;
/** Deflate gains no more on any data. */
const MAX_GAIN = 1100;
/** In a 32-bit field: the value is in the ZIP64 one. */
const ELSEWHERE = 0xffffffff;

interface Directory {
  readonly start: number;
  readonly size: number;
  readonly count: number;
}

/** @throws FileError if there is none, or it is damaged. */
export function* readZipDirectory(
  name: string,
  fileSize: number,
): Requests<{ readonly entries: ZipEntry[]; readonly start: number }> {
  const { start, size, count } = yield* findDirectory(name, fileSize);
  if (size > MAX_DIRECTORY) throw new FileError(name, `is refused: a zip directory of ${size} bytes`);
  if (count * ENTRY.bytes > size) throw new FileError(name, `is damaged: ${count} zip entries in ${size} bytes`);
  const bytes = yield [start, size];
  const entries: ZipEntry[] = [];
  let at = 0;
  while (entries.length < count) {
    const { entry, next } = readEntry(bytes, at, name);
    entries.push(entry);
    at = next;
  }
  if (at !== size) throw new FileError(name, `is damaged: the zip directory has more than its ${count} entries`);
  return { entries, start };
}

function* findDirectory(name: string, size: number): Requests<Directory> {
  const tailStart = Math.max(0, size - END.bytes - END.maxComment);
  const tail = yield [tailStart, size - tailStart];
  const view = viewOf(tail);
  let at = tail.length - END.bytes;
  // The comment after the record must end with the file.
  const isEnd = (): boolean =>
    view.getUint32(at, true) === END.signature && view.getUint16(at + 20, true) === tail.length - at - END.bytes;
  while (at >= 0 && !isEnd()) at--;
  if (at < 0) throw new FileError(name, 'is truncated: the directory at the end of the zip archive is missing');
  const endAt = tailStart + at;
  const locator = yield* readLocator(name, endAt);
  const directory = locator ?? {
    count: view.getUint16(at + 10, true),
    size: view.getUint32(at + 12, true),
    start: view.getUint32(at + 16, true),
  };
  if (directory.start + directory.size > endAt) throw new FileError(name, 'is damaged: its zip directory is not there');
  return directory;
}

/** The directory according to the ZIP64 end record, if there is one. */
function* readLocator(name: string, endAt: number): Requests<Directory | undefined> {
  if (endAt < LOCATOR64.bytes) return undefined;
  const locator = viewOf(yield [endAt - LOCATOR64.bytes, LOCATOR64.bytes]);
  if (locator.getUint32(0, true) !== LOCATOR64.signature) return undefined;
  const recordAt = big(locator, 8, name);
  if (recordAt + END64.bytes > endAt) throw new FileError(name, 'is damaged: its ZIP64 end record is not there');
  const record = viewOf(yield [recordAt, END64.bytes]);
  if (record.getUint32(0, true) !== END64.signature) {
    throw new FileError(name, 'is damaged: its ZIP64 end record is not there');
  }
  return {
    count: big(record, 32, name),
    size: big(record, 40, name),
    start: big(record, 48, name),
  };
}

function readEntry(bytes: Uint8Array, at: number, file: string): { readonly entry: ZipEntry; readonly next: number } {
  const view = viewOf(bytes);
  if (at + ENTRY.bytes > bytes.length || view.getUint32(at, true) !== ENTRY.signature) {
    throw new FileError(file, 'is damaged: its zip directory breaks off');
  }
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
  const nameAt = at + ENTRY.bytes;
  const extraAt = nameAt + nameLength;
  const next = extraAt + extraLength + commentLength;
  if (next > bytes.length) throw new FileError(file, 'is damaged: its zip directory breaks off');
  const name = new TextDecoder().decode(bytes.subarray(nameAt, extraAt));
  const where = `${file}: ${show(name)}`;
  const flags = view.getUint16(at + 8, true);
  if ((flags & 1) !== 0) throw new FileError(where, 'is encrypted');
  const method = view.getUint16(at + 10, true);
  if (method !== 0 && method !== 8) throw new FileError(where, `is compressed by the unknown method ${method}`);
  // In this order the ZIP64 field holds those that do not fit.
  const values = [24, 20, 42].map((field) => view.getUint32(at + field, true));
  readExtra64(bytes.subarray(extraAt, extraAt + extraLength), values, where);
  const [size, packedSize, headerAt] = values as [number, number, number];
  const deflated = method === 8;
  if (deflated ? size > MAX_GAIN * Math.max(packedSize, 1) : size !== packedSize) {
    throw new FileError(where, `claims ${size} bytes made of ${packedSize}`);
  }
  return { entry: { name, deflated, packedSize, size, checksum: view.getUint32(at + 16, true), headerAt }, next };
}

/** Replaces those of `values` that are said to be in the ZIP64 field. */
function readExtra64(extra: Uint8Array, values: number[], where: string): void {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1 && end <= extra.length) {
      at += 4;
      values.forEach((value, i) => {
        if (value !== ELSEWHERE) return;
        if (at + 8 > end) throw new FileError(where, 'has a ZIP64 field that is too short');
        values[i] = big(view, at, where);
        at += 8;
      });
      return;
    }
    at = end;
  }
}

function big(view: DataView, at: number, where: string): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) throw new FileError(where, 'is damaged: an absurd ZIP64 number');
  return value;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
