/**
 * The chunk layer of PNG (ISO/IEC 15948, 5.3): length, type, data, CRC-32. Here because APNG needs it and
 * because sizes must be checked before a decoder allocates.
 */

import { FileError } from '../errors.ts';
import { checkSize } from './picture.ts';

export interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
}

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly interlaced: boolean;
  /** Bits of a pixel. */
  readonly bits: number;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Colour type → samples of a pixel: gray, RGB, palette, gray and alpha, RGBA. */
const SAMPLES = new Map([[0, 1], [2, 3], [3, 1], [4, 2], [6, 4]]);
/** Deflate cannot expand its input more than this. */
const MAX_DEFLATE_RATIO = 1032;

/** @throws FileError if the file is truncated, a checksum is wrong or a chunk is out of place. */
export function readChunks(bytes: Uint8Array, file: string): Chunk[] {
  if (SIGNATURE.some((byte, i) => bytes[i] !== byte)) throw new FileError(file, 'is not a PNG file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE.length; ; ) {
    if (at + 12 > bytes.length) throw new FileError(file, 'is truncated: the PNG ends before its IEND chunk');
    const length = view.getUint32(at);
    if (length > bytes.length - at - 12) throw new FileError(file, 'is truncated inside a PNG chunk');
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length)) {
      throw new FileError(file, `is damaged: the PNG chunk at byte ${at} has a wrong checksum`);
    }
    chunks.push({ type, data: bytes.subarray(at + 8, at + 8 + length) });
    if (type === 'IEND') return chunks;
    at += 12 + length;
  }
}

/** A PNG file of chunks. */
export function writeChunks(chunks: readonly Chunk[]): Uint8Array {
  const out = new Uint8Array(chunks.reduce((size, { data }) => size + 12 + data.length, SIGNATURE.length));
  const view = new DataView(out.buffer);
  out.set(SIGNATURE);
  let at = SIGNATURE.length;
  for (const { type, data } of chunks) {
    view.setUint32(at, data.length);
    for (let i = 0; i < 4; i++) out[at + 4 + i] = type.charCodeAt(i);
    out.set(data, at + 8);
    view.setUint32(at + 8 + data.length, crc32(out.subarray(at + 4, at + 8 + data.length)));
    at += 12 + data.length;
  }
  return out;
}

/**
 * The header, with its size checked against the limits and against the compressed data.
 * @throws FileError
 */
export function readHeader(chunks: readonly Chunk[], file: string): PngHeader {
  const first = chunks[0];
  if (first?.type !== 'IHDR' || first.data.length !== 13) throw new FileError(file, 'is damaged: no PNG header');
  const view = new DataView(first.data.buffer, first.data.byteOffset, 13);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const samples = SAMPLES.get(view.getUint8(9));
  if (samples === undefined) throw new FileError(file, `is damaged: unknown PNG colour type ${view.getUint8(9)}`);
  checkSize(file, width, height);
  const bits = samples * view.getUint8(8);
  return { width, height, interlaced: view.getUint8(12) !== 0, bits };
}

/** @throws FileError if `data` bytes of deflate cannot hold a picture of this size. */
export function checkDataLength(file: string, { width, height, bits }: PngHeader, data: number): void {
  const raw = height * (1 + Math.ceil((width * bits) / 8));
  if (raw > data * MAX_DEFLATE_RATIO + 1024) {
    throw new FileError(file, `is truncated: ${data} bytes of data cannot hold ${width}×${height} pixels`);
  }
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
