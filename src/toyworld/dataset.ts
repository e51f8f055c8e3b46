/**
 * The toy data set: an endless list of scenes, each with its caption. Sample i of a seed is the same on every machine.
 *
 *   number    n = split·2³¹ + (s·2654435769 + i mod 2³¹)            of seed s; training: split 0, held out: 1
 *   seed      of the sample's own generator: mix(n), one to one, so no held-out sample is a training sample
 *   drawn     in this order: attributes, (of a story the former motion,) radius, x, y
 *
 * The start is uniform among the places on a grid from which the shape stays inside for one frame and two clips. Captions of the
 * two splits differ as well (attributes.ts).
 */

import { hostTensor } from '../array/host.ts';
import type { HostTensor } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';
import { seededUniforms } from '../sampler/uniforms.ts';
import { ALL_ATTRIBUTES, captionOf, isHeldOut, MOTION_NAMES } from './attributes.ts';
import type { Attributes, Motion } from './attributes.ts';
import { CLIP_FRAMES, pathAt, renderVideo, SIDE } from './render.ts';
import type { Scene } from './render.ts';

/** Half-sizes of shapes, pixels: nearly alike, so that a circle, a square and a triangle differ even when blurred. */
const RADII = [14, 15, 16] as const;
/** Places of frame 0 are multiples of so many pixels. */
const GRID = 4;
/** Frames for which a shape stays inside. */
const STAYS_FRAMES = 1 + 2 * CLIP_FRAMES;

export interface ToyWorldOptions {
  /** A whole number from 0 to 2³² − 1; 0 unless given. */
  readonly seed?: number;
  /** 'train' unless given. */
  readonly split?: 'train' | 'held-out';
}

export interface ToySample {
  readonly caption: string;
  readonly attributes: Attributes;
  readonly scene: Scene;
}

/** A scene whose motion changes after the first clip, or goes on. */
export interface ToyStory {
  /** Of the first clip and of the second, which is like the caption of a sample of the same split. */
  readonly captions: readonly [string, string];
  readonly attributes: readonly [Attributes, Attributes];
  readonly scene: Scene;
}

export interface ToyBatch {
  readonly captions: readonly string[];
  readonly attributes: readonly Attributes[];
  /** (B, 3, T, 64, 64) in [−1, 1] */
  readonly video: HostTensor;
  /** (B, 1, T, 64, 64), the share of each pixel that the shape covers, 0 … 1. */
  readonly foreground: HostTensor;
}

export interface ToyWorld {
  /** @throws ArgumentError if the index is not a whole number from 0 to 2³¹ − 1. */
  sample(index: number): ToySample;
  /** @throws ArgumentError as `sample`. */
  story(index: number): ToyStory;
  /** Samples first … first + count − 1 as videos of so many frames; 17 is one clip, 1 a picture. */
  batch(first: number, count: number, frames: number): ToyBatch;
}

export function toyWorld({ seed = 0, split = 'train' }: ToyWorldOptions = {}): ToyWorld {
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new ArgumentError('seed', 'an integer from 0 to 4294967295', seed);
  }
  const drawFor = (index: number): (() => number) => {
    if (!Number.isInteger(index) || index < 0 || index >= 2 ** 31) {
      throw new ArgumentError('index', 'an integer from 0 to 2147483647', index);
    }
    const within = (Math.imul(seed, 2654435769) + index) & 0x7fffffff;
    const uniforms = seededUniforms(mix(split === 'train' ? within : within + 2 ** 31));
    return () => uniforms.next(1)[0];
  };
  const captioned = ALL_ATTRIBUTES.filter((attributes) => isHeldOut(attributes) === (split === 'held-out'));

  const sample = (index: number): ToySample => {
    const draw = drawFor(index);
    const attributes = choose(captioned, draw);
    return { caption: captionOf(attributes), attributes, scene: sceneOf(attributes, [attributes.motion], draw) };
  };
  const story = (index: number): ToyStory => {
    const draw = drawFor(index);
    const second = choose(captioned, draw);
    // The first prompt of a held-out story may be any; only the turn has to be new.
    const allowed = MOTION_NAMES.filter((motion) => split === 'held-out' || !isHeldOut({ ...second, motion }));
    const first: Attributes = { ...second, motion: choose(allowed, draw) };
    return {
      captions: [captionOf(first), captionOf(second)],
      attributes: [first, second],
      scene: sceneOf(second, [first.motion, second.motion], draw),
    };
  };
  const batch = (first: number, count: number, frames: number): ToyBatch => {
    const samples = Array.from({ length: count }, (_, i) => sample(first + i));
    return {
      captions: samples.map(({ caption }) => caption),
      attributes: samples.map(({ attributes }) => attributes),
      ...renderScenes(samples.map(({ scene }) => scene), frames),
    };
  };
  return { sample, story, batch };
}

/** Videos of so many frames: (B, 3, T, 64, 64) in [−1, 1], and how much of each pixel the shapes cover, (B, 1, T, 64, 64). */
export function renderScenes(scenes: readonly Scene[], frames: number): Pick<ToyBatch, 'video' | 'foreground'> {
  const plane = frames * SIDE * SIDE;
  const values = new Float32Array(scenes.length * 3 * plane); // (B, 3, T, H, W)
  const shares = new Float32Array(scenes.length * plane); // (B, T, H, W)
  scenes.forEach((scene, i) => {
    const { video, foreground } = renderVideo(scene, frames);
    values.set(video.data, i * 3 * plane);
    shares.set(foreground.data, i * plane);
  });
  return {
    video: hostTensor(values, [scenes.length, 3, frames, SIDE, SIDE]),
    foreground: hostTensor(shares, [scenes.length, 1, frames, SIDE, SIDE]),
  };
}

function sceneOf({ colour, shape, background }: Attributes, motions: readonly Motion[], draw: () => number): Scene {
  const radius = choose(RADII, draw);
  const path = Array.from({ length: STAYS_FRAMES }, (_, t) => pathAt(motions, t));
  const [x, y] = [0, 1].map((axis) => {
    const along = path.map((place) => place[axis]);
    const first = Math.ceil((radius - Math.min(...along)) / GRID);
    const last = Math.floor((SIDE - radius - Math.max(...along)) / GRID);
    return GRID * (first + Math.floor(draw() * (last - first + 1)));
  });
  return { colour, shape, background, radius, x, y, motions };
}

function choose<T>(list: readonly T[], draw: () => number): T {
  return list[Math.floor(draw() * list.length)];
}

/** A one-to-one map of 32-bit numbers that makes near ones far (the finalizer of MurmurHash3, A. Appleby). */
function mix(n: number): number {
  let h = n ^ (n >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
