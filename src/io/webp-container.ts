/**
 * The container of WebP (RFC 9649, 2): RIFF chunks `name, size, data`, padded to even lengths, all numbers little-endian.
 *
 *     still       [VP8X] … [ALPH] VP8 | VP8L
 *     animated    VP8X ANIM ANMF*,   ANMF = x/2, y/2, width − 1, height − 1, milliseconds, flags, and chunks as of a still one
 *
 * Sizes stand in three places: of the canvas in VP8X, of a frame in ANMF, and in the bitstream itself. They are compared here,
 * so that a decoder allocates what was checked.
 */

import { FileError } from '../errors.ts';
import { checkSize } from './picture.ts';

export interface WebpFrame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Milliseconds. */
  readonly duration: number;
  /** Whether the frame is drawn over what is there, by its alpha; else it replaces it. */
  readonly blend: boolean;
  /** Whether its place is cleared before the next frame. */
  readonly clear: boolean;
  /** A WebP file of this frame alone. */
  readonly file: Uint8Array;
}

export interface WebpContainer {
  readonly width: number;
  readonly height: number;
  readonly animated: boolean;
  /** At least one. */
  readonly frames: readonly WebpFrame[];
}

interface Chunk {
  readonly name: string;
  readonly data: Uint8Array;
}

/** Flags of VP8X. */
const ANIMATED = 0x02;
const HAS_ALPHA = 0x10;
/** Flags of ANMF. */
const CLEAR = 0x01;
const REPLACE = 0x02;

/** @throws FileError if the file is truncated, damaged or too large. */
export function readWebpContainer(bytes: Uint8Array, file: string): WebpContainer {
  if (text(bytes, 0) !== 'RIFF' || text(bytes, 8) !== 'WEBP') throw new FileError(file, 'is not a WebP file');
  const end = 8 + uint32(bytes, 4);
  if (end < 12 || end > bytes.length) throw truncated(file);
  const chunks = readChunks(bytes.subarray(12, end), file); // what follows belongs to no one
  const header = chunks.find(({ name }) => name === 'VP8X')?.data;
  if (header !== undefined && header.length < 10) throw damaged(file, 'short VP8X chunk');
  const canvas = header && ([1 + uint24(header, 4), 1 + uint24(header, 7)] as const);
  if (canvas !== undefined) checkSize(file, ...canvas);
  if (canvas === undefined || (header![0] & ANIMATED) === 0) {
    const frame = stillFrame(chunks, file);
    if (canvas !== undefined && (frame.width !== canvas[0] || frame.height !== canvas[1])) {
      throw damaged(file, `a picture of ${frame.width}×${frame.height} on a canvas of ${canvas.join('×')}`);
    }
    return { width: frame.width, height: frame.height, animated: false, frames: [frame] };
  }
  const [width, height] = canvas;
  const parts = chunks.filter(({ name }) => name === 'ANMF');
  checkSize(file, width, height, parts.length);
  return { width, height, animated: true, frames: parts.map(({ data }) => animationFrame(data, canvas, file)) };
}

function animationFrame(data: Uint8Array, canvas: readonly [number, number], file: string): WebpFrame {
  if (data.length < 16) throw damaged(file, 'short ANMF chunk');
  const [x, y] = [2 * uint24(data, 0), 2 * uint24(data, 3)];
  const [width, height] = [1 + uint24(data, 6), 1 + uint24(data, 9)];
  if (x + width > canvas[0] || y + height > canvas[1]) throw damaged(file, 'a WebP frame lies outside the picture');
  const frame = stillFrame(readChunks(data.subarray(16), file), file);
  if (frame.width !== width || frame.height !== height) {
    throw damaged(file, `a WebP frame of ${width}×${height} holds ${frame.width}×${frame.height}`);
  }
  const flags = data[15];
  return { ...frame, x, y, duration: uint24(data, 12), blend: (flags & REPLACE) === 0, clear: (flags & CLEAR) !== 0 };
}

/** The first bitstream among the chunks, with the alpha before it. */
function stillFrame(chunks: readonly Chunk[], file: string): WebpFrame {
  const at = chunks.findIndex(({ name }) => name === 'VP8 ' || name === 'VP8L');
  if (at < 0) throw damaged(file, 'a WebP file without a picture');
  const stream = chunks[at];
  const [width, height] = stream.name === 'VP8L' ? losslessSize(stream.data, file) : lossySize(stream.data, file);
  checkSize(file, width, height);
  const alpha = stream.name === 'VP8L' ? undefined : chunks.slice(0, at).find(({ name }) => name === 'ALPH');
  const whole = alpha === undefined ? riff([stream]) : riff([extended(width, height), alpha, stream]);
  return { x: 0, y: 0, width, height, duration: 0, blend: false, clear: false, file: whole };
}

/** RFC 6386, 9.1: three bytes of a key frame's tag, a start code, then 14 bits each. */
function lossySize(data: Uint8Array, file: string): readonly [number, number] {
  if (data.length < 10) throw truncated(file);
  if ((data[0] & 1) !== 0 || data[3] !== 0x9d || data[4] !== 0x01 || data[5] !== 0x2a) throw damaged(file, 'no VP8 key frame');
  return [(data[6] | (data[7] << 8)) & 0x3fff, (data[8] | (data[9] << 8)) & 0x3fff];
}

/** RFC 9649, 3.4: a signature, then 14 bits each, less one. */
function losslessSize(data: Uint8Array, file: string): readonly [number, number] {
  if (data.length < 5) throw truncated(file);
  if (data[0] !== 0x2f) throw damaged(file, 'no VP8L signature');
  const bits = uint32(data, 1);
  return [1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff)];
}

function readChunks(bytes: Uint8Array, file: string): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 8 > bytes.length) throw truncated(file);
    const size = uint32(bytes, at + 4);
    if (at + 8 + size > bytes.length) throw truncated(file);
    chunks.push({ name: text(bytes, at), data: bytes.subarray(at + 8, at + 8 + size) });
    at += 8 + size + (size & 1);
  }
  return chunks;
}

function extended(width: number, height: number): Chunk {
  const data = new Uint8Array(10);
  data[0] = HAS_ALPHA;
  for (let i = 0; i < 3; i++) {
    data[4 + i] = (width - 1) >> (8 * i);
    data[7 + i] = (height - 1) >> (8 * i);
  }
  return { name: 'VP8X', data };
}

function riff(chunks: readonly Chunk[]): Uint8Array {
  const sizes = chunks.map(({ data }) => 8 + data.length + (data.length & 1));
  const out = new Uint8Array(sizes.reduce((sum, size) => sum + size, 12));
  const view = new DataView(out.buffer);
  const put = (name: string, at: number): void => [...name].forEach((sign, i) => (out[at + i] = sign.charCodeAt(0)));
  put('RIFF', 0);
  view.setUint32(4, out.length - 8, true);
  put('WEBP', 8);
  let at = 12;
  chunks.forEach(({ name, data }, i) => {
    put(name, at);
    view.setUint32(at + 4, data.length, true);
    out.set(data, at + 8);
    at += sizes[i];
  });
  return out;
}

function text(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

function uint24(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
}

/** 0 where the bytes end. */
function uint32(bytes: Uint8Array, at: number): number {
  return at + 4 > bytes.length ? 0 : (uint24(bytes, at) | (bytes[at + 3] << 24)) >>> 0;
}

function damaged(file: string, what: string): FileError {
  return new FileError(file, `is damaged: ${what}`);
}

function truncated(file: string): FileError {
  return new FileError(file, 'is truncated: the WebP ends before its data');
}
