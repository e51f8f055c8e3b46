/**
 * WebP pictures and animations: the container is read here (webp-container.ts), every bitstream is decoded by
 * @jsquash/webp, which is libwebp as WebAssembly, and frames are put onto the canvas as libwebp's own animation decoder
 * does (src/demux/anim_decode.c), to the bit: the canvas begins, and is cleared to, transparent black; with alpha a and
 * colour c,
 *
 *     replace    dst = src, and so where the canvas is vacant: nothing was drawn yet, or the frame before was cleared
 *     blend      d = ⌊dst.a·(256 − src.a) / 256⌋,  a = src.a + d,  c = ⌊(src.c·src.a + dst.c·d)·⌊2²⁴/a⌋ / 2²⁴⌋;
 *                dst where src.a = 0, src where it is 255
 */

import type { WebpDecoder } from '@jsquash/webp/codec/dec/webp_dec.js';
import { hostTensor } from '../array/host.ts';
import { FileError } from '../errors.ts';
import { rateOf } from './frame-rate.ts';
import { checkMemory } from './memory-budget.ts';
import { dropAlphaInto } from './picture.ts';
import type { Video } from './picture.ts';
import { readWebpContainer } from './webp-container.ts';
import type { WebpContainer, WebpFrame } from './webp-container.ts';

/** Milliseconds, also of a frame that gives no time, as browsers have it. */
const TICKS = 1000;
const UNTIMED = 100;

export interface WebpCanvases {
  readonly width: number;
  readonly height: number;
  /** Null of a still picture. */
  readonly fps: number | null;
  readonly count: number;
  /** Every frame as shown, (H, W, 4), RGBA not multiplied by alpha; one that is overwritten for the next. */
  readonly canvases: Iterable<Uint8Array>;
}

/** Gives a decoder with a memory of its own. */
export type NewWebpDecoder = () => Promise<WebpDecoder>;

/**
 * Transparency is dropped, as of all pictures (picture.ts). The rate is the mean one, or the one that was meant.
 * @throws FileError if the file is truncated, damaged or too large.
 */
export async function decodeWebpWith(newDecoder: NewWebpDecoder, bytes: Uint8Array, file: string): Promise<Video> {
  const { width, height, fps, count, canvases } = await webpCanvases(newDecoder, bytes, file);
  const size = height * width * 3;
  const shown = new Uint8Array(count * size); // (T, H, W, 3)
  let t = 0;
  for (const canvas of canvases) dropAlphaInto(shown.subarray(t * size, ++t * size), canvas);
  return { frames: hostTensor(shown, [count, height, width, 3]), fps };
}

/** @throws FileError as {@link decodeWebpWith}, some of it while frames are asked for. */
export async function webpCanvases(newDecoder: NewWebpDecoder, bytes: Uint8Array, file: string): Promise<WebpCanvases> {
  const container = readWebpContainer(bytes, file);
  const { width, height, animated, frames } = container;
  const size = width * height;
  // All frames, the canvas, one frame in the decoder, whose memory grows in steps of a fifth, and a copy of that.
  const needed = size * (3 * frames.length + 4 + 8 * 1.2 + 4);
  checkMemory(file, needed, bytes.length, `${frames.length} frames of ${width}×${height} pixels`);
  const fps = animated ? rateOf(frames.map(({ duration }) => duration || UNTIMED), TICKS) : null;
  const decoder = await newDecoder();
  return { width, height, fps, count: frames.length, canvases: draw(container, decoder, file) };
}

type Area = Pick<WebpFrame, 'x' | 'y' | 'width' | 'height'>;

const NOWHERE: Area = { x: 0, y: 0, width: 0, height: 0 };

function* draw({ width, height, frames }: WebpContainer, decoder: WebpDecoder, file: string): Generator<Uint8Array> {
  const canvas = new Uint8Array(width * height * 4); // (H, W, 4)
  const everywhere: Area = { x: 0, y: 0, width, height };
  let vacant = everywhere;
  for (const frame of frames) {
    const pixels = decodeFrame(decoder, frame, file); // (h, w, 4)
    for (let row = 0; row < frame.height; row++) {
      const to = ((frame.y + row) * width + frame.x) * 4;
      const line = pixels.subarray(row * frame.width * 4, (row + 1) * frame.width * 4);
      if (frame.blend) blend(canvas, to, line, columnsWithin(vacant, frame, row));
      else canvas.set(line, to);
    }
    yield canvas;
    if (frame.clear) clear(canvas, width, frame);
    if (!frame.clear) vacant = NOWHERE;
    else if (vacant.width < width || vacant.height < height) vacant = frame;
  }
}

/** The columns of a frame's row that lie in an area. */
function columnsWithin(area: Area, frame: Area, row: number): readonly [from: number, end: number] {
  const y = frame.y + row;
  if (y < area.y || y >= area.y + area.height) return [0, 0];
  return [area.x - frame.x, area.x + area.width - frame.x];
}

function decodeFrame(decoder: WebpDecoder, { width, height, file: bytes }: WebpFrame, file: string): Uint8ClampedArray {
  let decoded: ReturnType<WebpDecoder['decode']>;
  try {
    decoded = decoder.decode(bytes);
  } catch (cause) {
    throw new FileError(file, 'is damaged: a WebP picture cannot be decoded', { cause });
  }
  if (decoded?.width !== width || decoded.height !== height) {
    throw new FileError(file, 'is truncated or damaged: a WebP picture cannot be decoded');
  }
  return decoded.data;
}

/** @param vacant columns of the line where nothing is below. */
function blend(canvas: Uint8Array, to: number, line: Uint8ClampedArray, vacant: readonly [from: number, end: number]): void {
  for (let from = 0; from < line.length; from += 4, to += 4) {
    const alpha = line[from + 3];
    if (alpha === 255 || (from >= 4 * vacant[0] && from < 4 * vacant[1])) {
      canvas.set(line.subarray(from, from + 4), to);
      continue;
    }
    if (alpha === 0) continue;
    const below = (canvas[to + 3] * (256 - alpha)) >> 8;
    const scale = Math.floor(2 ** 24 / (alpha + below));
    for (let c = 0; c < 3; c++) {
      canvas[to + c] = Math.floor(((line[from + c] * alpha + canvas[to + c] * below) * scale) / 2 ** 24);
    }
    canvas[to + 3] = alpha + below;
  }
}

function clear(canvas: Uint8Array, stride: number, { x, y, width, height }: WebpFrame): void {
  for (let row = y; row < y + height; row++) canvas.fill(0, (row * stride + x) * 4, (row * stride + x + width) * 4);
}
