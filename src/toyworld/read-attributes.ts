/**
 * Reads the attributes of a toy video back from its pixels.
 *
 *   background   nearest palette entry to the median b of the pictures' borders
 *   colour       nearest palette entry to the median c of the pixels with ‖pixel − b‖₁ > 120
 *   shape mask   M = [(pixel − b)·(c − b) > ½‖c − b‖²], in every frame
 *   motion       centroid of M in the last four frames minus the first four: the larger axis, still below 3 pixels
 *   shape        best overlap |M ∩ D|/|M ∪ D| over all frames, D: each shape drawn with the centroid and area of M
 *
 * Medians and the overlap forgive the soft edges and stains that a small model leaves.
 */

import type { NdArray } from 'ndarray';
import { rowMajor } from '../array/host.ts';
import { ShapeError } from '../errors.ts';
import { BACKGROUND_NAMES, BACKGROUNDS, COLOUR_NAMES, COLOURS, MOTION_NAMES, MOTIONS, SHAPES } from './attributes.ts';
import type { Attributes, Background, Rgb, ToyShape } from './attributes.ts';
import { coverage, SIDE, SPEED } from './render.ts';

/** What was seen; null: there is no shape to speak of, or no motion as there is one frame. */
export type Reading = { readonly [K in Exclude<keyof Attributes, 'background'>]: Attributes[K] | null } & {
  readonly background: Background;
};

/** Copies, as every use of an imported binding in a loop over pixels costs time. */
const WIDTH = SIDE;
const PLANE = SIDE * SIDE;

const CONTRAST = 120;
/** Pixels: what a shape comes in four frames. */
const STILL_BELOW = 4 * SPEED;
/** Frames at either end whose centroids are averaged. */
const END_FRAMES = 4;
/** Pixels a frame, on average, below which nothing is called a shape. */
const LEAST_AREA = 24;

/**
 * @param frames (T, 64, 64, 3)
 * @throws ShapeError for another shape.
 */
export function readAttributes(frames: NdArray<Uint8Array>): Reading {
  const [count, height, width, channels] = frames.shape as [number, number, number, number];
  if (frames.shape.length !== 4 || height !== SIDE || width !== SIDE || channels !== 3 || count < 1) {
    throw new ShapeError('frames', `a shape (T, ${SIDE}, ${SIDE}, 3)`, [...frames.shape]);
  }
  const bytes = rowMajor(frames); // (T, H, W, 3)
  const b = medianColour(bytes, (pixel) => onBorder(pixel % PLANE))!;
  const background = nearest(BACKGROUND_NAMES, BACKGROUNDS, b);
  const differs = (pixel: number): boolean => distance(bytes, pixel, b) > CONTRAST;
  const c = medianColour(bytes, differs);
  const masks = c === null ? [] : shapeMasks(bytes, count, b, c);
  const blobs = masks.map(measure);
  if (c === null || blobs.reduce((sum, { area }) => sum + area, 0) < LEAST_AREA * count) {
    return { colour: null, shape: null, motion: null, background };
  }
  return { colour: nearest(COLOUR_NAMES, COLOURS, c), shape: bestShape(masks, blobs), motion: motionOf(blobs), background };
}

interface Blob {
  readonly area: number;
  /** Centroid; NaN where the area is 0. */
  readonly x: number;
  readonly y: number;
}

function onBorder(place: number): boolean {
  const column = place % WIDTH;
  const row = (place - column) / WIDTH;
  return row === 0 || column === 0 || row === WIDTH - 1 || column === WIDTH - 1;
}

function distance(bytes: Uint8Array, pixel: number, colour: Rgb): number {
  const at = 3 * pixel;
  return Math.abs(bytes[at] - colour[0]) + Math.abs(bytes[at + 1] - colour[1]) + Math.abs(bytes[at + 2] - colour[2]);
}

/** Median of each channel over the chosen pixels; null if there are none. */
function medianColour(bytes: Uint8Array, chosen: (pixel: number) => boolean): Rgb | null {
  const counts = new Uint32Array(3 * 256); // (3, 256)
  let total = 0;
  for (let pixel = 0; 3 * pixel < bytes.length; pixel++) {
    if (!chosen(pixel)) continue;
    total++;
    for (let channel = 0; channel < 3; channel++) counts[256 * channel + bytes[3 * pixel + channel]]++;
  }
  if (total === 0) return null;
  const [red, green, blue] = [0, 1, 2].map((channel) => {
    const histogram = counts.subarray(256 * channel, 256 * (channel + 1));
    let [value, below] = [-1, 0];
    while (2 * below < total) below += histogram[++value];
    return value;
  });
  return [red, green, blue];
}

function nearest<T extends string>(names: readonly T[], palette: Readonly<Record<T, Rgb>>, colour: Rgb): T {
  const far = (name: T): number => palette[name].reduce((sum, value, i) => sum + (value - colour[i]) ** 2, 0);
  return names.reduce((best, name) => (far(name) < far(best) ? name : best));
}

/** Of each frame (H, W), 0 or 1. */
function shapeMasks(bytes: Uint8Array, count: number, b: Rgb, c: Rgb): Uint8Array[] {
  const [b0, b1, b2] = b;
  const [red, green, blue] = c.map((value, i) => value - b[i]);
  const half = (red * red + green * green + blue * blue) / 2;
  const inside = new Uint8Array(count * PLANE); // (T, H, W)
  for (let pixel = 0; pixel < inside.length; pixel++) {
    const at = 3 * pixel;
    const along = (bytes[at] - b0) * red + (bytes[at + 1] - b1) * green + (bytes[at + 2] - b2) * blue;
    inside[pixel] = along > half ? 1 : 0;
  }
  return Array.from({ length: count }, (_, t) => inside.subarray(t * PLANE, (t + 1) * PLANE));
}

function measure(mask: Uint8Array): Blob {
  let [area, x, y] = [0, 0, 0];
  for (let place = 0; place < mask.length; place++) {
    if (mask[place] === 0) continue;
    area++;
    x += (place % WIDTH) + 0.5;
    y += Math.floor(place / WIDTH) + 0.5;
  }
  return { area, x: x / area, y: y / area };
}

function motionOf(blobs: readonly Blob[]): Attributes['motion'] | null {
  const size = Math.min(END_FRAMES, Math.floor(blobs.length / 2));
  const [first, last] = [blobs.slice(0, size), blobs.slice(blobs.length - size)].map((end) => {
    const seen = end.filter(({ area }) => area > 0);
    return (['x', 'y'] as const).map((axis) => seen.reduce((sum, blob) => sum + blob[axis], 0) / seen.length);
  });
  const [dx, dy] = [last[0] - first[0], last[1] - first[1]];
  if (Number.isNaN(dx)) return null;
  if (Math.max(Math.abs(dx), Math.abs(dy)) < STILL_BELOW) return 'staying still';
  const direction = Math.abs(dx) > Math.abs(dy) ? [Math.sign(dx), 0] : [0, Math.sign(dy)];
  return MOTION_NAMES.find((name) => MOTIONS[name].every((value, axis) => value === direction[axis]))!;
}

/** Area and height of the centroid below the middle, for half-size 1. */
const FORMS: Readonly<Record<ToyShape, { readonly area: number; readonly below: number }>> = {
  circle: { area: Math.PI, below: 0 },
  square: { area: 4, below: 0 },
  triangle: { area: 2, below: 1 / 3 },
};

function bestShape(masks: readonly Uint8Array[], blobs: readonly Blob[]): ToyShape {
  const overlaps = SHAPES.map((shape) => {
    let [both, either] = [0, 0];
    blobs.forEach(({ area, x, y }, t) => {
      if (area === 0) return;
      const radius = Math.sqrt(area / FORMS[shape].area);
      const mask = masks[t];
      const drawn = coverage(shape, x, y - FORMS[shape].below * radius, radius); // (H, W)
      for (let place = 0; place < drawn.length; place++) {
        const covered = drawn[place] >= 2 ? 1 : 0;
        both += mask[place] & covered;
        either += mask[place] | covered;
      }
    });
    return both / either;
  });
  return SHAPES[overlaps.indexOf(Math.max(...overlaps))];
}
