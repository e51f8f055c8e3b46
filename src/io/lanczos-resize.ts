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

/** Weight 1. */
const ONE = Int32Array.of(2 ** PRECISION_BITS);

/** For every output pixel: the first input pixel that it sees, and the weights from there on. */
interface Window {
  readonly first: number;
  readonly weights: Int32Array;
}

/** A part of the result. */
export interface Crop {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/**
 * (H, W, 3) → (height, width, 3), or only `crop` of it: then nothing else is computed or stored, however large the
 * whole would be.
 */
export function resizeLanczos(picture: Picture, height: number, width: number, crop: Crop = whole(height, width)): Picture {
  const [inHeight, inWidth] = picture.shape as [number, number, number];
  const columns = lanczosWindows(inWidth, width, crop.left, crop.width);
  const rows = lanczosWindows(inHeight, height, crop.top, crop.height);
  // The rows that the second pass will see.
  const top = rows[0].first;
  const seen = rows.reduce((end, { first, weights }) => Math.max(end, first + weights.length), 0) - top;
  const source = rowMajor(picture).subarray(top * inWidth * 3, (top + seen) * inWidth * 3); // (seen, W, 3)
  const across = pass(source, columns, seen, inWidth * 3, 1); // (seen, w, 3)
  const down = rows.map(({ first, weights }) => ({ first: first - top, weights }));
  return hostTensor(pass(across, down, 1, 0, crop.width), [crop.height, crop.width, 3]); // (h, w, 3)
}

function whole(height: number, width: number): Crop {
  return { top: 0, left: 0, height, width };
}

/** The windows of `count` output pixels from `from` on, of `length`, on a line of `inLength`. */
export function lanczosWindows(inLength: number, length: number, from = 0, count = length): Window[] {
  if (inLength === length) return Array.from({ length: count }, (_, i) => ({ first: from + i, weights: ONE })); // left as it is
  const scale = inLength / length;
  const stretch = Math.max(scale, 1);
  const support = SUPPORT * stretch;
  return Array.from({ length: count }, (_, i) => {
    const centre = (from + i + 0.5) * scale;
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
