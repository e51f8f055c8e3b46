/**
 * Animated PNG (PNG specification, third edition, 11.3.2.4–6: acTL, fcTL, fdAT).
 *
 * A layer of chunks over our PNG codec, because the known library for it (upng-js) is no longer kept, checks
 * neither checksums nor sizes, and blurs its palette by default.
 */

import type { NdArray } from 'ndarray';
import { ArgumentError, FileError } from '../errors.ts';
import type { Video } from './picture.ts';
import { checkSize, dropAlpha, frameAt, videoOf } from './picture.ts';
import { decodeChunks, encodePng } from './png.ts';
import type { Chunk } from './png-chunks.ts';
import { readChunks, readHeader, writeChunks } from './png-chunks.ts';

interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Seconds. */
  readonly delay: number;
  /** 0 leave, 1 clear, 2 restore what was before. */
  readonly dispose: number;
  /** 0 replace, 1 draw over. */
  readonly blend: number;
  readonly data: Uint8Array[];
}

export function isAnimated(chunks: readonly Chunk[]): boolean {
  return chunks.some(({ type }) => type === 'acTL');
}

/**
 * All frames, each as shown. The rate is the mean one.
 * @throws FileError if the file is truncated, damaged or too large.
 */
export function decodeApng(bytes: Uint8Array, file: string): Video {
  const chunks = readChunks(bytes, file);
  const { width, height } = readHeader(chunks, file);
  const frames = readFrames(chunks, width, height, file);
  checkSize(file, width, height, frames.length);
  const shared = chunks.filter(({ type }) => type === 'PLTE' || type === 'tRNS');
  let canvas = new Uint8Array(width * height * 4); // (H, W, 4)
  const pictures: Uint8Array[] = [];
  for (const frame of frames) {
    const header = frameHeader(chunks[0].data, frame);
    const data = frame.data.map((part) => ({ type: 'IDAT', data: part }));
    const pixels = decodeChunks([header, ...shared, ...data, { type: 'IEND', data: new Uint8Array(0) }], file);
    const before = frame.dispose === 2 ? canvas.slice() : canvas;
    draw(canvas, width, pixels, frame);
    pictures.push(dropAlpha(canvas)); // (H, W, 3)
    if (frame.dispose === 1) draw(canvas, width, new Uint8Array(pixels.length), { ...frame, blend: 0 });
    canvas = before;
  }
  const seconds = frames.reduce((sum, { delay }) => sum + delay, 0);
  return videoOf(pictures, height, width, seconds > 0 ? frames.length / seconds : 10);
}

/** (T, H, W, 3) → an animated PNG that repeats for ever. `fps` up to 65535. */
export function encodeApng(frames: NdArray<Uint8Array>, fps: number): Uint8Array {
  if (!(fps > 0 && fps <= 65535)) throw new ArgumentError('fps', 'a rate above 0 and up to 65535', fps);
  const count = frames.shape[0];
  // A delay is a fraction of 16-bit numbers.
  const numerator = Number.isInteger(fps) ? 1 : Math.max(1, Math.min(1000, Math.floor(65535 / fps)));
  const denominator = Math.round(numerator * fps);
  const out: Chunk[] = [];
  let sequence = 0;
  for (let t = 0; t < count; t++) {
    const chunks = readChunks(encodePng(frameAt(frames, t)), 'frame');
    if (t === 0) out.push(chunks[0], { type: 'acTL', data: words(count, 0) });
    const size = [frames.shape[2], frames.shape[1]] as const;
    const delay = Uint8Array.of(numerator >> 8, numerator, denominator >> 8, denominator, 0, 0);
    out.push({ type: 'fcTL', data: join(words(sequence++, ...size, 0, 0), delay) });
    for (const { data } of chunks.filter(({ type }) => type === 'IDAT')) {
      out.push(t === 0 ? { type: 'IDAT', data } : { type: 'fdAT', data: join(words(sequence++), data) });
    }
  }
  out.push({ type: 'IEND', data: new Uint8Array(0) });
  return writeChunks(out);
}

function readFrames(chunks: readonly Chunk[], width: number, height: number, file: string): Frame[] {
  const damaged = (what: string) => new FileError(file, `is damaged: ${what}`);
  const frames: Frame[] = [];
  let sequence = 0;
  for (const { type, data } of chunks) {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    if (type === 'fcTL' || type === 'fdAT') {
      if (data.length < 4 || (type === 'fcTL' && data.length !== 26)) throw damaged(`short ${type} chunk`);
      if (view.getUint32(0) !== sequence++) throw damaged('animation chunks are missing or out of order');
    }
    if (type === 'fcTL') {
      const [w, h, x, y] = [view.getUint32(4), view.getUint32(8), view.getUint32(12), view.getUint32(16)];
      if (w < 1 || h < 1 || x + w > width || y + h > height) throw damaged('a frame lies outside the picture');
      const delay = view.getUint16(20) / (view.getUint16(22) || 100);
      const [dispose, blend] = [view.getUint8(24), view.getUint8(25)];
      // What was before the first frame is nothing: the specification has it cleared.
      const first = frames.length === 0 && dispose === 2;
      frames.push({ x, y, width: w, height: h, delay, dispose: first ? 1 : dispose, blend, data: [] });
    }
    // A picture before the first fcTL is for programs that cannot animate.
    if (type === 'IDAT') frames.at(-1)?.data.push(data);
    if (type === 'fdAT') {
      if (frames.length === 0) throw damaged('frame data before any frame');
      frames.at(-1)!.data.push(data.subarray(4));
    }
  }
  const control = chunks.find(({ type }) => type === 'acTL')?.data;
  if (control?.length !== 8) throw damaged('short acTL chunk');
  const claimed = new DataView(control.buffer, control.byteOffset).getUint32(0);
  if (claimed !== frames.length) throw damaged(`${claimed} frames are announced, ${frames.length} are there`);
  return frames;
}

function draw(canvas: Uint8Array, stride: number, pixels: Uint8Array, frame: Frame): void {
  for (let row = 0; row < frame.height; row++) {
    for (let column = 0; column < frame.width; column++) {
      const from = (row * frame.width + column) * 4;
      const to = ((frame.y + row) * stride + frame.x + column) * 4;
      const alpha = frame.blend === 1 ? pixels[from + 3] / 255 : 1;
      if (alpha === 1) {
        for (let c = 0; c < 4; c++) canvas[to + c] = pixels[from + c]!;
        continue;
      }
      const below = (canvas[to + 3] / 255) * (1 - alpha);
      if (alpha + below === 0) continue;
      for (let c = 0; c < 3; c++) {
        canvas[to + c] = Math.round((pixels[from + c] * alpha + canvas[to + c] * below) / (alpha + below));
      }
      canvas[to + 3] = Math.round((alpha + below) * 255);
    }
  }
}

/** The file's header with the size of one frame. */
function frameHeader(header: Uint8Array, { width, height }: Frame): Chunk {
  return { type: 'IHDR', data: join(words(width, height), header.subarray(8)) };
}

function words(...values: readonly number[]): Uint8Array {
  const out = new Uint8Array(values.length * 4);
  const view = new DataView(out.buffer);
  values.forEach((value, i) => view.setUint32(i * 4, value));
  return out;
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
