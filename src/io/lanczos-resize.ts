/**
 * Lanczos resampling of 8-bit pictures exactly as Pillow does it, so that inputs equal the official ones byte
 * for byte: out[i] = Σ_j k[i, j] · in[j], with k(x) = sinc(x)·sinc(x/3) for |x| < 3, widened when shrinking
 * (antialiasing) and normalized; horizontally, then vertically.
 *
 * Pillow src/libImaging/Resample.c: the coefficients are rounded to fixed point with 22 fraction bits, and the
 * result of *each* pass is rounded and clipped to a byte. Both are part of the result.
 */

import { hostTensor, rowMajor } from '../array/host.ts';
import type { Picture } from './picture.ts';

/** 32-bit sums of 8-bit pixels, with two bits left for overshoot. */
const PRECISION_BITS = 32 - 8 - 2;
/** Half-width of the Lanczos window. */
const SUPPORT = 3;

/** For every output pixel: the first input pixel that it sees, and the weights from there on. */
interface Window {
  readonly first: number;
  readonly weights: Int32Array;
}

/** (H, W, 3) → (height, width, 3) */
export function resizeLanczos(picture: Picture, height: number, width: number): Picture {
  const [inHeight, inWidth] = picture.shape as [number, number, number];
  let pixels = rowMajor(picture); // (H, W, 3)
  if (width !== inWidth) pixels = pass(pixels, lanczosWindows(inWidth, width), inHeight, inWidth * 3, 1); // (H, w, 3)
  if (height !== inHeight) pixels = pass(pixels, lanczosWindows(inHeight, height), 1, 0, width); // (h, w, 3)
  return hostTensor(pixels === picture.data ? pixels.slice() : pixels, [height, width, 3]);
}

/** The windows of `length` output pixels on a line of `inLength`. */
export function lanczosWindows(inLength: number, length: number): Window[] {
  const scale = inLength / length;
  const stretch = Math.max(scale, 1);
  const support = SUPPORT * stretch;
  return Array.from({ length }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), inLength);
    const exact = Array.from({ length: end - first }, (_, j) => lanczos((j + first - centre + 0.5) * (1 / stretch)));
    const sum = exact.reduce((total, weight) => total + weight, 0);
    return { first, weights: Int32Array.from(exact, (weight) => toFixed(sum === 0 ? weight : weight / sum)) };
  });
}

/**
 * One pass along `lines` lines that are `lineStride` bytes apart; at every place on a line `width` pixels of three
 * channels lie side by side and are treated alike: one along a row, a whole row along the columns.
 */
function pass(
  pixels: Uint8Array,
  windows: readonly Window[],
  lines: number,
  lineStride: number,
  width: number,
): Uint8Array {
  const step = width * 3;
  const out = new Uint8Array(lines * windows.length * width * 3);
  let to = 0;
  for (let line = 0; line < lines; line++) {
    for (const { first, weights } of windows) {
      const start = line * lineStride + first * step;
      for (let across = 0; across < step; across++) {
        let sum = 1 << (PRECISION_BITS - 1);
        for (let j = 0; j < weights.length; j++) sum += pixels[start + across + j * step] * weights[j];
        out[to++] = Math.min(Math.max(sum >> PRECISION_BITS, 0), 255);
      }
    }
  }
  return out;
}

function lanczos(x: number): number {
  return x >= -SUPPORT && x < SUPPORT ? sinc(x) * sinc(x / SUPPORT) : 0;
}

function sinc(x: number): number {
  if (x === 0) return 1;
  const angle = x * Math.PI;
  return Math.sin(angle) / angle;
}

/** Rounds half away from zero, as C's truncation after adding ±0.5 does. */
function toFixed(weight: number): number {
  return Math.trunc(weight * 2 ** PRECISION_BITS + (weight < 0 ? -0.5 : 0.5));
}
