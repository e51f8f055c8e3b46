/**
 * Draws a scene: one shape of one colour that moves at constant speed before a plain background, 64 × 64 pixels.
 *
 *   pixel = round(background + coverage·(colour − background)),   coverage = k/4, k of 2×2 sample points lie inside
 *
 * A pixel is x = 2·byte/255 − 1 as in io/image-transform.ts. Only exact operations of IEEE arithmetic are used, so the
 * same scene gives the same bytes on every machine.
 */

import type { NdArray } from 'ndarray';
import { hostTensor } from '../array/host.ts';
import type { HostTensor } from '../array/host.ts';
import { BACKGROUNDS, COLOURS, MOTIONS } from './attributes.ts';
import type { Background, Colour, Motion, ToyShape } from './attributes.ts';

/** Height and width. */
export const SIDE = 64;
/** Frames a second. */
export const FPS = 8;
/** Pixels a frame. */
export const SPEED = 0.75;
/** Frames of one clip; a video is one frame and any number of clips. */
export const CLIP_FRAMES = 16;

export interface Scene {
  readonly colour: Colour;
  readonly shape: ToyShape;
  readonly background: Background;
  /** Half the shape's width and height, pixels. */
  readonly radius: number;
  /** The shape's middle in frame 0, pixels from the left and from the top. */
  readonly x: number;
  readonly y: number;
  /** One for each clip; the last holds on. */
  readonly motions: readonly Motion[];
}

/** How far the shape has come in frame t. */
export function pathAt(motions: readonly Motion[], t: number): readonly [x: number, y: number] {
  let [x, y] = [0, 0];
  motions.forEach((motion, clip) => {
    const last = clip === motions.length - 1;
    const steps = Math.max(0, Math.min(t - clip * CLIP_FRAMES, last ? Infinity : CLIP_FRAMES));
    x += MOTIONS[motion][0] * SPEED * steps;
    y += MOTIONS[motion][1] * SPEED * steps;
  });
  return [x, y];
}

/** Whether (u, v) lies inside a shape of half-size 1 around (0, 0); v downwards. The triangle's tip is above. */
const INSIDE: Readonly<Record<ToyShape, (u: number, v: number) => boolean>> = {
  circle: (u, v) => u * u + v * v <= 1,
  square: (u, v) => Math.abs(u) <= 1 && Math.abs(v) <= 1,
  triangle: (u, v) => v <= 1 && 2 * Math.abs(u) <= v + 1,
};

/** Sample points inside each pixel: (H, W), 0 … 4. What lies outside the picture is cut off. */
export function coverage(shape: ToyShape, x: number, y: number, radius: number): Uint8Array {
  const inside = INSIDE[shape];
  const counts = new Uint8Array(SIDE * SIDE); // (H, W)
  const range = (middle: number): [number, number] => {
    return [Math.max(0, Math.floor(middle - radius)), Math.min(SIDE, Math.ceil(middle + radius))];
  };
  const [left, right] = range(x);
  const [top, bottom] = range(y);
  for (let row = 2 * top; row < 2 * bottom; row++) {
    const v = (row / 2 + 0.25 - y) / radius;
    for (let column = 2 * left; column < 2 * right; column++) {
      if (inside((column / 2 + 0.25 - x) / radius, v)) counts[(row >> 1) * SIDE + (column >> 1)]++;
    }
  }
  return counts;
}

/** @returns (T, H, W, 3) */
export function renderFrames(scene: Scene, frames: number): NdArray<Uint8Array> {
  const shades = [0, 1, 2].map((channel) => shadesOf(scene, channel)); // (3, 5)
  const bytes = new Uint8Array(frames * SIDE * SIDE * 3); // (T, H, W, 3)
  let to = 0;
  for (let t = 0; t < frames; t++) {
    for (const count of coverageAt(scene, t)) {
      bytes[to++] = shades[0][count];
      bytes[to++] = shades[1][count];
      bytes[to++] = shades[2][count];
    }
  }
  return hostTensor(bytes, [frames, SIDE, SIDE, 3]);
}

export interface RenderedVideo {
  /** (1, 3, T, H, W) in [−1, 1] */
  readonly video: HostTensor;
  /** (1, 1, T, H, W), the share of each pixel that the shape covers, 0 … 1. */
  readonly foreground: HostTensor;
}

export function renderVideo(scene: Scene, frames: number): RenderedVideo {
  const shades = [0, 1, 2].map((channel) => {
    return Float32Array.from(shadesOf(scene, channel), (byte) => 2 * Math.fround(byte / 255) - 1);
  }); // (3, 5)
  const plane = SIDE * SIDE;
  const values = new Float32Array(3 * frames * plane); // (3, T, H, W)
  const shares = new Float32Array(frames * plane); // (T, H, W)
  for (let t = 0; t < frames; t++) {
    const counts = coverageAt(scene, t); // (H, W)
    for (let channel = 0; channel < 3; channel++) {
      const [start, shade] = [(channel * frames + t) * plane, shades[channel]];
      for (let i = 0; i < plane; i++) values[start + i] = shade[counts[i]];
    }
    for (let i = 0; i < plane; i++) shares[t * plane + i] = counts[i] / 4;
  }
  return { video: hostTensor(values, [1, 3, frames, SIDE, SIDE]), foreground: hostTensor(shares, [1, 1, frames, SIDE, SIDE]) };
}

function coverageAt({ shape, x, y, radius, motions }: Scene, t: number): Uint8Array {
  const [dx, dy] = pathAt(motions, t);
  return coverage(shape, x + dx, y + dy, radius);
}

/** One channel's bytes for 0 … 4 sample points inside. */
function shadesOf({ colour, background }: Scene, channel: number): Uint8Array {
  const [from, to] = [BACKGROUNDS[background][channel], COLOURS[colour][channel]];
  return Uint8Array.from({ length: 5 }, (_, count) => Math.round(from + (count / 4) * (to - from)));
}
