/**
 * An emoji's file as frames of a model: put on white, reduced with Lanczos, at the model's rate.
 *
 *   frame i of ⌊n·rate/fps⌋ is frame ⌊i·fps/rate⌋ of n;   72 or 73 frames at 24 a second are 24 at 8
 */

import type { NdArray } from 'ndarray';
import { hostTensor, rowMajor } from '../array/host.ts';
import { resizeLanczos } from '../io/lanczos-resize.ts';
import { videoOf } from '../io/picture.ts';
import type { WebpCanvases } from '../io/webp-decode.ts';

const WHITE = 255;

/** → (T, side, side, 3); one frame of a still picture. */
export function drawEmoji(emoji: WebpCanvases, side: number, rate: number): NdArray<Uint8Array> {
  const { width, height, fps, count, canvases } = emoji;
  const step = fps === null ? 1 : fps / rate;
  const frames = Math.max(1, Math.floor(count / step));
  const pictures: Uint8Array[] = []; // (side, side, 3) each
  let index = 0;
  for (const canvas of canvases) {
    // Frames that come more than once at a lower rate of the file are drawn once.
    while (pictures.length < frames && Math.floor(pictures.length * step) === index) {
      pictures.push(rowMajor(resizeLanczos(hostTensor(onWhite(canvas), [height, width, 3]), side, side)));
    }
    index++;
  }
  return videoOf(pictures, side, side, rate).frames;
}

/** (H, W, 4), alpha not multiplied in → (H, W, 3) */
function onWhite(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    const alpha = rgba[from + 3];
    for (let c = 0; c < 3; c++) rgb[to + c] = Math.round((rgba[from + c] * alpha + WHITE * (255 - alpha)) / 255);
  }
  return rgb;
}
