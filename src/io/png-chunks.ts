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
  /** Bits of a sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  /** Samples of a pixel: gray, index of a colour, gray and alpha, RGB, RGBA. */
  readonly samples: number;
  /** Samples are indices of a palette. */
  readonly indexed: boolean;
  /** Bits of a pixel. */
  readonly bits: number;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Colour type → samples of a pixel and their possible bits: gray, RGB, palette, gray and alpha, RGBA. */
const COLOUR_TYPES = new Map([
  [0, { samples: 1, depths: [1, 2, 4, 8, 16] }],
  [2, { samples: 3, depths: [8, 16] }],
  [3, { samples: 1, depths: [1, 2, 4, 8] }],
  [4, { samples: 2, depths: [8, 16] }],
  [6, { samples: 4, depths: [8, 16] }],
]);
const PALETTE_TYPE = 3;
/** Critical chunks that there are; APNG's own are ancillary. */
const CRITICAL = ['IHDR', 'PLTE', 'IDAT', 'IEND'];
/** Chunks that may stand only once: a second one would be believed by some programs and not by others. */
const SINGLE = ['IHDR', 'PLTE', 'tRNS', 'acTL'];
/** Deflate cannot expand its input more than this. */
const MAX_DEFLATE_RATIO = 1032;

/**
 * The chunks up to IEND; what follows is ignored.
 * @throws FileError if the file is truncated, a checksum is wrong or a chunk is out of place.
 */
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
    if (!/^[A-Za-z]{4}$/.test(type)) throw new FileError(file, `is damaged: no PNG chunk at byte ${at}`);
    chunks.push({ type, data: bytes.subarray(at + 8, at + 8 + length) });
    if (type === 'IEND') break;
    at += 12 + length;
  }
  checkOrder(chunks, file);
  return chunks;
}

function checkOrder(chunks: readonly Chunk[], file: string): void {
  const types = chunks.map(({ type }) => type);
  const damaged = (what: string) => new FileError(file, `is damaged: ${what}`);
  if (types[0] !== 'IHDR') throw damaged('no PNG header');
  const unknown = types.find((type) => /^[A-Z]/.test(type) && !CRITICAL.includes(type));
  if (unknown !== undefined) throw new FileError(file, `needs what is unknown here: its PNG chunk ${unknown}`);
  const twice = SINGLE.find((type) => types.indexOf(type) !== types.lastIndexOf(type));
  if (twice !== undefined) throw damaged(`a second PNG chunk ${twice}`);
  const [first, last] = [types.indexOf('IDAT'), types.lastIndexOf('IDAT')];
  if (first < 0) throw damaged('a PNG without a picture');
  if (types.indexOf('PLTE') > first) throw damaged('a PNG palette after the picture');
  if (types.slice(first, last).some((type) => type !== 'IDAT')) throw damaged('the data of a PNG do not lie together');
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
  const { data } = chunks[0];
  if (data.length !== 13) throw new FileError(file, 'is damaged: no PNG header');
  const view = new DataView(data.buffer, data.byteOffset, 13);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, type, compression, filter, interlace] = data.subarray(8);
  const { samples, depths } = COLOUR_TYPES.get(type) ?? { samples: 0, depths: [] };
  if (!depths.includes(depth)) throw new FileError(file, `is damaged: ${depth} bits in PNG colour type ${type}`);
  if (compression !== 0 || filter !== 0 || interlace > 1) {
    throw new FileError(file, `is damaged: unknown PNG methods ${compression}, ${filter}, ${interlace}`);
  }
  checkSize(file, width, height);
  return { width, height, interlaced: interlace === 1, depth, samples, indexed: type === PALETTE_TYPE, bits: samples * depth };
}

/** @throws FileError if `data` bytes of deflate cannot hold `raw` bytes. */
export function checkDataLength(file: string, raw: number, data: number): void {
  if (raw > data * MAX_DEFLATE_RATIO + 1024) {
    throw new FileError(file, `is truncated: ${data} bytes of data cannot hold ${raw} bytes of pixels`);
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
