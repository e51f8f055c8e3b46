/** Animated GIF: gifenc writes; blocks, codes and the drawing of frames over each other are ours (GIF89a, 23). */

import type { NdArray } from 'ndarray';
import * as gifencModule from 'gifenc';
import { hostTensor, rowMajor } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';
import { exportsOf } from './common-js.ts';
import { rateOf } from './frame-rate.ts';
import type { GifFrame } from './gif-blocks.ts';
import { readGifBlocks } from './gif-blocks.ts';
import { decodeGifLzw } from './gif-lzw.ts';
import { checkMemory } from './memory-budget.ts';
import type { Video } from './picture.ts';
import { addAlpha, checkSize, frameAt } from './picture.ts';

const gifenc = exportsOf(gifencModule, 'GIFEncoder');

/** Delays are hundredths of a second. */
const TICKS = 100;
/** Browsers show frames of no or one hundredth for ten: faster ones can be written, but nobody sees them. */
const LEAST_DELAY = 2;
const SHOWN_DELAY = 10;
const MAX_RATE = TICKS / LEAST_DELAY;
const MAX_SIZE = 65535;

/**
 * All frames, each as shown, on white where nothing is drawn; what lies outside the screen is cut off. The rate is the
 * mean one.
 * @throws FileError if the file is truncated, damaged or too large.
 */
export function decodeGif(bytes: Uint8Array, file: string): Video {
  const { width, height, frames } = readGifBlocks(bytes, file);
  checkSize(file, width, height, frames.length);
  const size = width * height * 3;
  // All frames, the canvas twice, one frame's indices; frames that reach beyond the screen cost time, too.
  const indices = frames.reduce((sum, frame) => sum + frame.width * frame.height, 0);
  const largest = frames.reduce((most, frame) => Math.max(most, frame.width * frame.height), 0);
  const needed = Math.max(size * (frames.length + 2) + largest, indices);
  checkMemory(file, needed, bytes.length, `${frames.length} frames of ${width}×${height} pixels`);
  let canvas = new Uint8Array(size).fill(255); // (H, W, 3)
  const shown = new Uint8Array(frames.length * size); // (T, H, W, 3)
  for (const [t, frame] of frames.entries()) {
    const before = frame.disposal === 'restore' ? canvas.slice() : canvas;
    draw(canvas, width, height, frame, decodeGifLzw(bytes, frame.data, frame.width * frame.height, file));
    shown.set(canvas, t * size);
    if (frame.disposal === 'clear') clear(canvas, width, height, frame);
    canvas = before;
  }
  const delays = frames.map(({ delay }) => (delay < LEAST_DELAY ? SHOWN_DELAY : delay));
  return { frames: hostTensor(shown, [frames.length, height, width, 3]), fps: rateOf(delays, TICKS) };
}

/** @throws ArgumentError if GIF cannot have this size or rate. */
export function checkGif(height: number, width: number, fps: number): void {
  if (!(fps > 0 && fps <= MAX_RATE)) {
    throw new ArgumentError('fps', `a rate up to ${MAX_RATE} for .gif, as browsers show no faster one (use .apng or .mp4)`, fps);
  }
  if (width > MAX_SIZE || height > MAX_SIZE) throw new ArgumentError('frames', `sides up to ${MAX_SIZE} for .gif`, [height, width]);
}

/**
 * (T, H, W, 3) → a GIF that repeats for ever. A frame of at most 256 colours is kept exactly, others get
 * a palette of their own. Delays are whole hundredths of a second; they are chosen so that the mean rate is right.
 * @throws ArgumentError if GIF cannot have this size or rate.
 */
export function encodeGif(frames: NdArray<Uint8Array>, fps: number): Uint8Array {
  const [count, height, width] = frames.shape as [number, number, number, number];
  checkGif(height, width, fps);
  const encoder = gifenc.GIFEncoder();
  for (let t = 0; t < count; t++) {
    const rgb = rowMajor(frameAt(frames, t)); // (H, W, 3)
    const { palette, index } = exactPalette(rgb) ?? quantized(rgb);
    const delay = Math.round(((t + 1) * 100) / fps) - Math.round((t * 100) / fps);
    encoder.writeFrame(index, width, height, { palette, delay: delay * 10, repeat: 0 });
  }
  encoder.finish();
  return encoder.bytes();
}

function draw(canvas: Uint8Array, stride: number, screen: number, frame: GifFrame, indices: Uint8Array): void {
  const { x, y, width, height, palette, transparent } = frame;
  const rows = frame.interlaced ? interlacedRows(height) : undefined;
  const colours = palette.length / 3;
  const visible = Math.min(width, stride - x);
  for (let line = 0; line < height; line++) {
    const row = y + (rows?.[line] ?? line);
    if (row >= screen) continue;
    for (let column = 0; column < visible; column++) {
      const index = indices[line * width + column];
      // An index past the palette shows nothing, and so does a frame without any palette.
      if (index === transparent || index >= colours) continue;
      const to = (row * stride + x + column) * 3;
      for (let c = 0; c < 3; c++) canvas[to + c] = palette[index * 3 + c];
    }
  }
}

function clear(canvas: Uint8Array, stride: number, screen: number, { x, y, width, height }: GifFrame): void {
  const end = Math.min(x + width, stride);
  if (end <= x) return;
  for (let row = y; row < Math.min(y + height, screen); row++) canvas.fill(255, (row * stride + x) * 3, (row * stride + end) * 3);
}

/** The rows in the order of four passes: every 8th, every 8th from 4, every 4th from 2, every 2nd from 1. */
function interlacedRows(height: number): number[] {
  const rows: number[] = [];
  for (const [start, step] of [[0, 8], [4, 8], [2, 4], [1, 2]] as const) {
    for (let row = start; row < height; row += step) rows.push(row);
  }
  return rows;
}

interface Indexed {
  readonly palette: (readonly [number, number, number])[];
  readonly index: Uint8Array;
}

/** The colours themselves, where 256 are enough. */
function exactPalette(rgb: Uint8Array): Indexed | undefined {
  const places = new Map<number, number>();
  const index = new Uint8Array(rgb.length / 3);
  for (let i = 0; i < index.length; i++) {
    const colour = (rgb[3 * i] << 16) | (rgb[3 * i + 1] << 8) | rgb[3 * i + 2];
    const place = places.get(colour) ?? places.size;
    if (place === 256) return undefined;
    places.set(colour, place);
    index[i] = place;
  }
  return { palette: Array.from(places.keys(), (colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]), index };
}

function quantized(rgb: Uint8Array): Indexed {
  const rgba = addAlpha(rgb);
  const palette = gifenc.quantize(rgba, 256);
  return { palette, index: gifenc.applyPalette(rgba, palette) };
}
