/**
 * Augmentation of a small set: every sample is moved, scaled, turned, tinted or mirrored a little, the same way in all its
 * frames; a still picture that is needed as a video goes from one such place to another.
 *
 *   x'(p) = hue( x( A⁻¹(p) ) ),   A(p) = s·R(θ)·M·(p − c) + c + d
 *
 * bilinearly; c: the middle; d: shift; s: scale; θ: turn; M: mirror or nothing. Outside is the colour of the first pixel,
 * for pictures stand on a plain background. Hues turn around the grey axis in YIQ, which leaves white, grey and black alone.
 */

import { hostTensor } from '../../array/host.ts';
import type { HostTensor } from '../../array/host.ts';

export interface Augmentation {
  /** Most pixels in either direction. */
  readonly shift: number;
  /** Sides become up to 1 + so much times longer or shorter. */
  readonly scale: number;
  /** Most degrees, either way. */
  readonly turn: number;
  /** Most degrees of hue, either way. */
  readonly hue: number;
  /** Share of samples that are mirrored. */
  readonly mirror: number;
  /** Share of samples that stay as they are but for what follows. */
  readonly plain: number;
  /** Share of samples that begin anywhere in their loop, of videos that are loops. */
  readonly offset: number;
  /** Share of videos that are made of anything as a picture, still ones moving. */
  readonly stills: number;
}

export interface Place {
  readonly shift: readonly [number, number];
  readonly scale: number;
  /** Degrees. */
  readonly turn: number;
}

/** Uniforms that `augment` takes. */
export const AUGMENT_DRAWS = 11;

/**
 * @param x (1, 3, T, H, W)
 * @param u `AUGMENT_DRAWS` uniforms
 * @param moves whether the place changes over the frames: a still picture made to move.
 */
export function augment(x: HostTensor, augmentation: Augmentation, u: ArrayLike<number>, moves: boolean): HostTensor {
  const { hue, mirror, plain } = augmentation;
  if (u[10] < plain && !moves) return x;
  const from = placeOf(augmentation, u, 0);
  const to = moves ? placeOf(augmentation, u, 4) : from;
  const frames = x.shape[2];
  const places = Array.from({ length: frames }, (_, t) => between(from, to, frames === 1 ? 0 : t / (frames - 1)));
  return turnHue(warp(x, places, u[8] < mirror), (2 * u[9] - 1) * hue);
}

function placeOf({ shift, scale, turn }: Augmentation, u: ArrayLike<number>, at: number): Place {
  const [a, b, c, d] = [0, 1, 2, 3].map((i) => 2 * u[at + i] - 1); // −1 … 1
  return { shift: [a * shift, b * shift], scale: (1 + scale) ** c, turn: d * turn };
}

function between(a: Place, b: Place, share: number): Place {
  const mix = (from: number, to: number): number => from + share * (to - from);
  return {
    shift: [mix(a.shift[0], b.shift[0]), mix(a.shift[1], b.shift[1])],
    scale: mix(a.scale, b.scale),
    turn: mix(a.turn, b.turn),
  };
}

/** @param places one of each frame. */
export function warp(x: HostTensor, places: readonly Place[], mirrored: boolean): HostTensor {
  const [, channels, frames, height, width] = x.shape;
  const result = new Float32Array(x.data.length);
  const area = height * width;
  places.forEach((place, t) => {
    const sources = sourcesOf(place, mirrored, height, width); // (H, W, 2)
    for (let c = 0; c < channels; c++) {
      const from = x.data.subarray((c * frames + t) * area, (c * frames + t + 1) * area);
      sampleBilinear(result.subarray((c * frames + t) * area), from, sources, height, width, x.data[c * frames * area]);
    }
  });
  return hostTensor(result, x.shape);
}

/** A⁻¹(p) of every pixel: row and column. */
function sourcesOf({ shift, scale, turn }: Place, mirrored: boolean, height: number, width: number): Float32Array {
  const sources = new Float32Array(2 * height * width);
  const [cy, cx] = [(height - 1) / 2, (width - 1) / 2];
  const [cos, sin] = [Math.cos((turn * Math.PI) / 180) / scale, Math.sin((turn * Math.PI) / 180) / scale];
  const sign = mirrored ? -1 : 1;
  for (let i = 0, to = 0; i < height; i++) {
    const dy = i - cy - shift[0];
    for (let j = 0; j < width; j++, to += 2) {
      const dx = j - cx - shift[1];
      sources[to] = cos * dy - sin * dx + cy;
      sources[to + 1] = sign * (cos * dx + sin * dy) + cx;
    }
  }
  return sources;
}

/** Of one plane (H, W); `outside` is the value around it. */
function sampleBilinear(
  to: Float32Array, from: Float32Array, sources: Float32Array, height: number, width: number, outside: number,
): void {
  for (let p = 0; p < height * width; p++) {
    const [row, column] = [sources[2 * p], sources[2 * p + 1]];
    const [top, left] = [Math.floor(row), Math.floor(column)];
    const [v, u] = [row - top, column - left];
    let value = 0;
    for (let corner = 0; corner < 4; corner++) {
      const [di, dj] = [corner >> 1, corner & 1];
      const [i, j] = [top + di, left + dj];
      const inside = i >= 0 && j >= 0 && i < height && j < width;
      value += (di === 1 ? v : 1 - v) * (dj === 1 ? u : 1 - u) * (inside ? from[i * width + j] : outside);
    }
    to[p] = value;
  }
}

/** The rows of RGB → YIQ (NTSC). */
const YIQ = [[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]];
const RGB = [[1, 0.9563, 0.621], [1, -0.2721, -0.6474], [1, -1.107, 1.7046]];

/** In place. @param x (1, 3, T, H, W) in [−1, 1], @param degrees around the grey axis. */
function turnHue(x: HostTensor, degrees: number): HostTensor {
  if (degrees === 0) return x;
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const turned = [YIQ[0], YIQ[1].map((v, i) => cos * v - sin * YIQ[2][i]), YIQ[1].map((v, i) => sin * v + cos * YIQ[2][i])];
  const m = RGB.map((row) => [0, 1, 2].map((i) => row.reduce((sum, v, k) => sum + v * turned[k][i], 0)));
  const plane = x.data.length / 3;
  for (let i = 0; i < plane; i++) {
    const [r, g, b] = [x.data[i], x.data[plane + i], x.data[2 * plane + i]];
    for (let c = 0; c < 3; c++) {
      const value = m[c][0] * r + m[c][1] * g + m[c][2] * b;
      x.data[c * plane + i] = value < -1 ? -1 : value > 1 ? 1 : value;
    }
  }
  return x;
}
