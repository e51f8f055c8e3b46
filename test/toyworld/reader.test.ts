/** The reader of attributes against rendered truth, clean and spoilt. */

import type { NdArray } from 'ndarray';
import { describe, expect, it } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import { ShapeError } from '../../src/errors.ts';
import { seededUniforms } from '../../src/sampler/uniforms.ts';
import type { Attributes } from '../../src/toyworld/attributes.ts';
import { toyWorld } from '../../src/toyworld/dataset.ts';
import { readAttributes } from '../../src/toyworld/read-attributes.ts';
import { renderFrames, SIDE } from '../../src/toyworld/render.ts';

const worlds = [toyWorld({ seed: 5 }), toyWorld({ seed: 5, split: 'held-out' })];

/** How many of `count` scenes are read right in every attribute, after something is done to the frames. */
function countRight(count: number, frames: number, spoil: (frames: NdArray<Uint8Array>) => NdArray<Uint8Array>): number {
  return Array.from({ length: count }, (_, i) => worlds[i % 2].sample(i)).filter(({ attributes, scene }) => {
    const reading = readAttributes(spoil(renderFrames(scene, frames)));
    return (Object.keys(attributes) as (keyof Attributes)[]).every((name) => reading[name] === attributes[name]);
  }).length;
}

/** Mean over a window of 2r + 1 pixels across and down, and noise: what a weak decoder makes. */
function blurred(frames: NdArray<Uint8Array>, r: number, noise: number): NdArray<Uint8Array> {
  const uniforms = seededUniforms(1).next(frames.data.length);
  const count = frames.shape[0];
  const out = new Uint8Array(frames.data.length); // (T, H, W, 3)
  const bytes = frames.data;
  const side = SIDE;
  const clamp = (place: number): number => Math.min(side - 1, Math.max(0, place));
  for (let t = 0, to = 0; t < count; t++) {
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        for (let channel = 0; channel < 3; channel++, to++) {
          let sum = 0;
          for (let i = -r; i <= r; i++) {
            for (let j = -r; j <= r; j++) {
              sum += bytes[((t * side + clamp(row + i)) * side + clamp(column + j)) * 3 + channel];
            }
          }
          const value = sum / (2 * r + 1) ** 2 + noise * (2 * uniforms[to] - 1);
          out[to] = Math.min(255, Math.max(0, value));
        }
      }
    }
  }
  return hostTensor(out, frames.shape);
}

describe('reading attributes', () => {
  it('is right on at least 99 % of rendered truth', () => {
    const right = countRight(200, 17, (frames) => frames) + countRight(100, 33, (frames) => frames);
    expect(right).toBeGreaterThanOrEqual(297);
  });

  it('forgives soft edges and noise', () => {
    expect(countRight(24, 9, (frames) => blurred(frames, 2, 25))).toBeGreaterThanOrEqual(23);
  });

  it('reads a picture but no motion in it', () => {
    const { scene, attributes } = worlds[0].sample(0);
    expect(readAttributes(renderFrames(scene, 1))).toEqual({ ...attributes, motion: null });
  });

  it('sees no shape where there is none, or a speck', () => {
    const nothing = hostTensor(new Uint8Array(5 * SIDE * SIDE * 3).fill(240), [5, SIDE, SIDE, 3]);
    expect(readAttributes(nothing)).toEqual({ colour: null, shape: null, motion: null, background: 'white' });
    for (let t = 0; t < 5; t++) nothing.set(t, 30, 30, 1, 0);
    expect(readAttributes(nothing).shape).toBe(null);
  });

  it('refuses frames of another size', () => {
    expect(() => readAttributes(hostTensor(new Uint8Array(32 * 64 * 3), [1, 32, 64, 3]))).toThrow(ShapeError);
  });
});
