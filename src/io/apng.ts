/**
 * Animated PNG (PNG specification, third edition, 11.3.2.4–6: acTL, fcTL, fdAT).
 *
 * A layer of chunks over our PNG codec, because the known library for it (upng-js) is no longer kept, checks
 * neither checksums nor sizes, and blurs its palette by default.
 */

import type { NdArray } from 'ndarray';
import { hostTensor } from '../array/host.ts';
import { ArgumentError, FileError } from '../errors.ts';
import { fractionOf, rateOf } from './frame-rate.ts';
import { checkMemory } from './memory-budget.ts';
import type { Video } from './picture.ts';
import { checkSize, dropAlphaInto, frameAt } from './picture.ts';
import { decodeData, encodePng } from './png.ts';
import type { Chunk, PngHeader } from './png-chunks.ts';
import { readChunks, readHeader, writeChunks } from './png-chunks.ts';
import { rawLength } from './png-rows.ts';

interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Seconds, as a fraction. */
  readonly delay: readonly [numerator: number, denominator: number];
  /** 0 leave, 1 clear, 2 restore what was before. */
  readonly dispose: number;
  /** 0 replace, 1 draw over. */
  readonly blend: number;
  readonly data: Uint8Array[];
}

/** Parts of a delay have 16 bits. */
const MAX_DELAY_PART = 65535;
/** What browsers make of a delay of nothing. */
const NO_DELAY = [1, 10] as const;

export function isAnimated(chunks: readonly Chunk[]): boolean {
  return chunks.some(({ type }) => type === 'acTL');
}

/**
 * All frames, each as shown. The rate is the mean one.
 * @throws FileError if the file is truncated, damaged or too large.
 */
export function decodeApng(bytes: Uint8Array, file: string): Video {
  const chunks = readChunks(bytes, file);
  const header = readHeader(chunks, file);
  const { width, height } = header;
  const frames = readFrames(chunks, width, height, file);
  checkSize(file, width, height, frames.length);
  const size = width * height;
  // All frames, the canvas twice, one frame's data and pixels.
  const needed = size * (3 * frames.length + 12) + rawLength(header);
  checkMemory(file, needed, bytes.length, `${frames.length} frames of ${width}×${height} pixels`);
  let canvas = new Uint8Array(size * 4); // (H, W, 4)
  const shown = new Uint8Array(frames.length * size * 3); // (T, H, W, 3)
  for (const [t, frame] of frames.entries()) {
    const own: PngHeader = { ...header, width: frame.width, height: frame.height };
    const pixels = decodeData(frame.data, own, chunks, 4, file); // (h, w, 4)
    const before = frame.dispose === 2 ? canvas.slice() : canvas;
    draw(canvas, width, pixels, frame);
    dropAlphaInto(shown.subarray(t * size * 3, (t + 1) * size * 3), canvas);
    if (frame.dispose === 1) draw(canvas, width, new Uint8Array(pixels.length), { ...frame, blend: 0 });
    canvas = before;
  }
  return { frames: hostTensor(shown, [frames.length, height, width, 3]), fps: meanRate(frames) };
}

/** Of delays that are fractions: over their common denominator, where that stays a small number. */
function meanRate(frames: readonly Frame[]): number {
  const delays = frames.map(({ delay }) => (delay[0] === 0 ? NO_DELAY : delay));
  const ticks = [...new Set(delays.map(([, denominator]) => denominator))].reduce(leastCommonMultiple, 1);
  // Other writers count thousandths, and shorten the fraction.
  const clock = 1000 % ticks === 0 ? 1000 : ticks;
  if (clock <= 2 ** 32) return rateOf(delays.map(([numerator, denominator]) => numerator * (clock / denominator)), clock);
  return frames.length / delays.reduce((sum, [numerator, denominator]) => sum + numerator / denominator, 0);
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return Math.min((a / x) * b, 2 ** 50); // any larger one is of no use
}

/** @throws ArgumentError if a delay of a frame cannot be written down. */
export function checkApng(fps: number): void {
  if (fps >= 1 / MAX_DELAY_PART && fps <= MAX_DELAY_PART) return;
  throw new ArgumentError('fps', `a rate from 1/${MAX_DELAY_PART} to ${MAX_DELAY_PART} for .apng`, fps);
}

/** (T, H, W, 3) → an animated PNG that repeats for ever. @throws ArgumentError as checkApng. */
export function encodeApng(frames: NdArray<Uint8Array>, fps: number): Uint8Array {
  checkApng(fps);
  const count = frames.shape[0];
  const [denominator, numerator] = fractionOf(fps, MAX_DELAY_PART);
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
      const delay = [view.getUint16(20), view.getUint16(22) || 100] as const;
      const [dispose, blend] = [view.getUint8(24), view.getUint8(25)];
      if (dispose > 2 || blend > 1) throw damaged(`unknown ways to draw a frame, ${dispose} and ${blend}`);
      // What was before the first frame is nothing: the specification has it cleared.
      const first = frames.length === 0 && dispose === 2;
      frames.push({ x, y, width: w, height: h, delay, dispose: first ? 1 : dispose, blend, data: [] });
    }
    // A picture before the first fcTL is for programs that cannot animate.
    if (type === 'IDAT') {
      const frame = frames.at(-1);
      if (frame !== undefined && frame.width * frame.height !== width * height) throw damaged('a first frame of another size');
      frame?.data.push(data);
    }
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
