/** Animated GIF: omggif reads the structure, gifenc writes; frames are drawn over each other here (GIF89a, 23). */

import type { NdArray } from 'ndarray';
import * as gifencModule from 'gifenc';
import { GifReader } from 'omggif';
import type { GifFrame } from 'omggif';
import { rowMajor } from '../array/host.ts';
import { ArgumentError, FileError } from '../errors.ts';
import { exportsOf } from './common-js.ts';
import { decodeGifLzw } from './gif-lzw.ts';
import type { Video } from './picture.ts';
import { addAlpha, checkSize, frameAt, videoOf } from './picture.ts';

const gifenc = exportsOf(gifencModule, 'GIFEncoder');

const TRAILER = 0x3b;
/** Disposal; restoring what was before the first frame is clearing, as browsers do. */
const CLEAR_AREA = 2;
const RESTORE_AREA = 3;

/**
 * All frames, each as shown, on white where nothing is drawn. The rate is the mean one.
 * @throws FileError if the file is truncated, damaged or too large.
 */
export function decodeGif(bytes: Uint8Array, file: string): Video {
  const { width, height, frames } = readStructure(bytes, file);
  checkSize(file, width, height, frames.length);
  let canvas = new Uint8Array(width * height * 3).fill(255); // (H, W, 3)
  const pictures: Uint8Array[] = [];
  for (const frame of frames) {
    if (frame.x + frame.width > width || frame.y + frame.height > height) {
      throw new FileError(file, 'is damaged: a GIF frame lies outside the picture');
    }
    const indices = decodeGifLzw(bytes, frame.data_offset, frame.width * frame.height, file);
    const before = frame.disposal === RESTORE_AREA ? canvas.slice() : canvas;
    draw(canvas, width, frame, indices, bytes);
    pictures.push(canvas.slice());
    if (frame.disposal === CLEAR_AREA) clear(canvas, width, frame);
    canvas = before;
  }
  const seconds = frames.reduce((sum, { delay }) => sum + delay, 0) / 100;
  return videoOf(pictures, height, width, seconds > 0 ? frames.length / seconds : 10);
}

/**
 * (T, H, W, 3) → a GIF that repeats for ever. A frame of at most 256 colours is kept exactly, others get
 * a palette of their own. Delays are whole hundredths of a second; they are chosen so that the mean rate is right.
 * @throws ArgumentError if GIF cannot have this size or rate.
 */
export function encodeGif(frames: NdArray<Uint8Array>, fps: number): Uint8Array {
  const [count, height, width] = frames.shape as [number, number, number, number];
  if (!(fps > 0 && fps <= 100)) throw new ArgumentError('fps', 'a GIF rate above 0 and up to 100', fps);
  if (width > 65535 || height > 65535) throw new ArgumentError('frames', 'sides up to 65535', [height, width]);
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

function readStructure(bytes: Uint8Array, file: string): { width: number; height: number; frames: GifFrame[] } {
  try {
    const reader = new GifReader(bytes);
    const frames = Array.from({ length: reader.numFrames() }, (_, i) => reader.frameInfo(i));
    // Else a file that is cut off between frames would pass for a shorter video.
    const end = frames.reduce((last, frame) => Math.max(last, frame.data_offset + frame.data_length), 0);
    if (!bytes.includes(TRAILER, end)) throw new Error('no end mark');
    const { width, height } = reader;
    return { width, height, frames };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FileError(file, `is truncated or damaged: ${reason}`, { cause });
  }
}

function draw(canvas: Uint8Array, stride: number, frame: GifFrame, indices: Uint8Array, bytes: Uint8Array): void {
  const rows = frame.interlaced ? interlacedRows(frame.height) : undefined;
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    // An index past the palette shows nothing, and so does a frame without any palette.
    if (index === frame.transparent_index || index >= (frame.palette_size ?? 0)) continue;
    const line = Math.floor(i / frame.width);
    const row = frame.y + (rows?.[line] ?? line);
    const to = (row * stride + frame.x + (i % frame.width)) * 3;
    const from = frame.palette_offset! + index * 3;
    for (let c = 0; c < 3; c++) canvas[to + c] = bytes[from + c]!;
  }
}

function clear(canvas: Uint8Array, stride: number, frame: GifFrame): void {
  for (let row = frame.y; row < frame.y + frame.height; row++) {
    canvas.fill(255, (row * stride + frame.x) * 3, (row * stride + frame.x + frame.width) * 3);
  }
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
