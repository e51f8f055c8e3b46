/**
 * MP4 (H.264, baseline profile) by h264-mp4-encoder, a WebAssembly build of minih264.
 *
 * The conversion to Y'CbCr 4:2:0 is ours (limited range), since the encoder's own one darkens by two steps. The matrix is
 * that of BT.601 below 720 lines and that of BT.709 from there on: players that ignore what the file says guess so.
 */

import type { NdArray } from 'ndarray';
import { rowMajor } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';
import { exportsOf } from './common-js.ts';
import { BT601, BT709 } from './h264-colour.ts';
import type { Colour } from './h264-colour.ts';
import { finishMp4 } from './mp4-boxes.ts';
import { frameAt } from './picture.ts';

/** 10 best … 51 worst. */
const QUANTIZATION = 20;
/** 0 best … 10 fastest; the difference in size is a few percent. */
const SPEED = 8;
const KEY_FRAME_EVERY = 16;
const HIGH_DEFINITION = 720;

let files = 0;

/**
 * (T, H, W, 3) → an MP4 file.
 * @throws ArgumentError if a side is odd or the rate not a whole number.
 */
export async function encodeMp4(frames: NdArray<Uint8Array>, fps: number): Promise<Uint8Array> {
  const [count, height, width] = frames.shape as [number, number, number, number];
  checkMp4(height, width, fps);
  const encoder = await (await loadEncoder()).createH264MP4Encoder();
  try {
    // All encoders share one file system.
    encoder.outputFilename = `${files++}.mp4`;
    Object.assign(encoder, { width, height, frameRate: fps, groupOfPictures: KEY_FRAME_EVERY });
    Object.assign(encoder, { quantizationParameter: QUANTIZATION, speed: SPEED });
    encoder.initialize();
    const colour = height < HIGH_DEFINITION ? BT601 : BT709;
    for (let t = 0; t < count; t++) encoder.addFrameYuv(toYuv420(rowMajor(frameAt(frames, t)), height, width, colour));
    encoder.finalize();
    const bytes = encoder.FS.readFile(encoder.outputFilename);
    encoder.FS.unlink(encoder.outputFilename);
    const keyFrames = Array.from({ length: Math.ceil(count / KEY_FRAME_EVERY) }, (_, i) => 1 + i * KEY_FRAME_EVERY);
    return finishMp4(bytes, keyFrames, colour);
  } finally {
    encoder.delete();
  }
}

/** @throws ArgumentError if the encoder cannot write this. */
export function checkMp4(height: number, width: number, fps: number): void {
  if (width % 2 !== 0 || height % 2 !== 0) {
    throw new ArgumentError('output', 'even sides for .mp4 (use .png, .apng or .gif)', `${width}×${height}`);
  }
  if (!Number.isInteger(fps) || fps < 1 || fps > 1000) {
    throw new ArgumentError('fps', 'a whole number from 1 to 1000 for .mp4', fps);
  }
}

/**
 * (H, W, 3) → planes Y (H, W), Cb (H/2, W/2), Cr (H/2, W/2); chroma is the mean of four pixels. With the shares k of the
 * colours in the luma, kr + kg + kb = 1:
 *
 *   Y = 16 + 219·(kr·R + kg·G + kb·B)    Cb = 128 + 112·(B − L)/(1 − kb)    Cr = 128 + 112·(R − L)/(1 − kr),  L = (Y − 16)/219
 */
export function toYuv420(rgb: Uint8Array, height: number, width: number, { red, blue }: Colour): Uint8Array {
  const area = height * width;
  const out = new Uint8Array((area * 3) / 2);
  const luma = (r: number, g: number, b: number) => red * r + (1 - red - blue) * g + blue * b;
  for (let i = 0; i < area; i++) out[i] = 16.5 + (219 / 255) * luma(rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]);
  let to = area;
  for (let row = 0; row < height; row += 2) {
    for (let column = 0; column < width; column += 2, to++) {
      const upper = (row * width + column) * 3;
      const lower = upper + width * 3;
      const r = rgb[upper] + rgb[upper + 3] + rgb[lower] + rgb[lower + 3];
      const g = rgb[upper + 1] + rgb[upper + 4] + rgb[lower + 1] + rgb[lower + 4];
      const b = rgb[upper + 2] + rgb[upper + 5] + rgb[lower + 2] + rgb[lower + 5];
      const l = luma(r, g, b);
      out[to] = 128.5 + ((112 / 1020) * (b - l)) / (1 - blue);
      out[to + area / 4] = 128.5 + ((112 / 1020) * (r - l)) / (1 - red);
    }
  }
  return out;
}

/** The encoder's start-up code hooks into uncaught errors of the whole process: undone here. */
async function loadEncoder(): Promise<typeof import('h264-mp4-encoder')> {
  const events = ['uncaughtException', 'unhandledRejection'];
  const before = new Map(events.map((event) => [event, process.rawListeners(event)]));
  const module = await import('h264-mp4-encoder');
  for (const [event, listeners] of before) {
    for (const listener of process.rawListeners(event)) {
      if (!listeners.includes(listener)) process.off(event, listener as () => void);
    }
  }
  return exportsOf(module, 'createH264MP4Encoder');
}
