/** The toy data set: captions, splits, drawing, and that it is the same everywhere. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowMajor } from '../../src/array/host.ts';
import { ArgumentError } from '../../src/errors.ts';
import { transformFrames } from '../../src/io/image-transform.ts';
import { parseTokenizerJson } from '../../src/text/unigram/tokenizer-json.ts';
import { tokenizePrompt } from '../../src/text/features.ts';
import {
  ALL_ATTRIBUTES, attributesOf, BACKGROUNDS, captionOf, COLOURS, isHeldOut, KNOWN_WORDS,
} from '../../src/toyworld/attributes.ts';
import { toyWorld } from '../../src/toyworld/dataset.ts';
import { coverage, pathAt, renderFrames, renderVideo, SIDE } from '../../src/toyworld/render.ts';

const anyIndex = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const anySeed = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe('captions', () => {
  it('say all attributes and give them back', () => {
    expect(new Set(ALL_ATTRIBUTES.map(captionOf)).size).toBe(270);
    for (const attributes of ALL_ATTRIBUTES) expect(attributesOf(captionOf(attributes))).toEqual(attributes);
    expect(captionOf(ALL_ATTRIBUTES[0])).toBe('a red circle moving left on a black background');
  });

  it('are understood in part', () => {
    expect(attributesOf('A Cyan triangle, please')).toEqual({ colour: 'cyan', shape: 'triangle' });
    expect(attributesOf('a cat')).toEqual({});
  });

  it('are held out in equal shares of shapes, colours and backgrounds', () => {
    const heldOut = ALL_ATTRIBUTES.filter(isHeldOut);
    expect(heldOut.length).toBe(36);
    for (const [name, values] of [['colour', 6], ['shape', 3], ['background', 3]] as const) {
      for (const value of new Set(ALL_ATTRIBUTES.map((attributes) => attributes[name]))) {
        expect(heldOut.filter((attributes) => attributes[name] === value).length).toBe(36 / values);
      }
    }
    expect(new Set(heldOut.map(({ motion }) => motion)).size).toBe(5);
  });

  it('consist of whole words of the toy model', () => {
    const file = join(import.meta.dirname, '../../fixtures/models/toy/text_encoder/tokenizer.json');
    const tokenizer = parseTokenizerJson(readFileSync(file, 'utf8'), file);
    const whole = (word: string): boolean => tokenizePrompt(tokenizer, word).ids.length === 2; // the word and </s>
    expect(KNOWN_WORDS.filter((word) => !whole(word))).toEqual([]);
    expect(whole('dog')).toBe(false);
  });
});

describe('drawing', () => {
  it('paints the palette inside and outside', () => {
    const scene = { colour: 'red', shape: 'square', background: 'gray', radius: 10, x: 20, y: 30, motions: ['moving right'] } as const;
    const frames = renderFrames(scene, 5); // (T, H, W, 3)
    const pixel = (t: number, row: number, column: number): number[] => [0, 1, 2].map((c) => frames.get(t, row, column, c));
    expect(pixel(0, 30, 10)).toEqual([...COLOURS.red]);
    expect(pixel(0, 30, 9)).toEqual([...BACKGROUNDS.gray]);
    expect(pixel(4, 30, 12)).toEqual([...BACKGROUNDS.gray]); // 4 frames on, 3 pixels to the right
    expect(pixel(4, 39, 32)).toEqual([...COLOURS.red]);
    expect(pixel(4, 40, 32)).toEqual([...BACKGROUNDS.gray]);
  });

  it('covers the areas of the shapes, antialiased', () => {
    const area = (shape: 'circle' | 'square' | 'triangle'): number => coverage(shape, 30.3, 31.7, 12).reduce((sum, n) => sum + n / 4, 0);
    expect(area('square')).toBe(24 * 24);
    expect(Math.abs(area('circle') / (Math.PI * 144) - 1)).toBeLessThan(0.03);
    expect(Math.abs(area('triangle') / 288 - 1)).toBeLessThan(0.03);
    expect(new Set(coverage('circle', 30.3, 31.7, 12))).toEqual(new Set([0, 1, 2, 3, 4]));
  });

  it('gives the tensor that a file of its frames would give', () => {
    const { scene } = toyWorld().sample(3);
    const { video, foreground } = renderVideo(scene, 2); // (1, 3, T, H, W), (1, 1, T, H, W)
    expect(video.shape).toEqual([1, 3, 2, SIDE, SIDE]);
    expect(video.data).toEqual(rowMajor(transformFrames(renderFrames(scene, 2), SIDE, SIDE)));
    const counts = coverage(scene.shape, scene.x, scene.y, scene.radius); // (H, W)
    expect(foreground.data.slice(0, SIDE * SIDE)).toEqual(Float32Array.from(counts, (n) => n / 4));
  });

  it('turns after the first clip', () => {
    expect(pathAt(['moving right', 'moving up'], 16)).toEqual([12, 0]);
    expect(pathAt(['moving right', 'moving up'], 18)).toEqual([12, -1.5]);
    expect(pathAt(['moving left'], 32)).toEqual([-24, 0]);
  });
});

describe('the data set', () => {
  it('keeps every shape inside for 33 frames, turning or not', () => {
    fc.assert(fc.property(anySeed, anyIndex, fc.boolean(), (seed, index, turning) => {
      const world = toyWorld({ seed });
      const { motions, radius, x, y } = (turning ? world.story(index) : world.sample(index)).scene;
      for (let t = 0; t < 33; t++) {
        const [dx, dy] = pathAt(motions, t);
        for (const place of [x + dx, y + dy]) {
          expect(place - radius).toBeGreaterThanOrEqual(-1e-9);
          expect(place + radius).toBeLessThanOrEqual(SIDE + 1e-9);
        }
      }
    }), { numRuns: 200 });
  });

  it('trains on no caption that is held out, stories too', () => {
    for (const split of ['train', 'held-out'] as const) {
      const world = toyWorld({ seed: 9, split });
      for (let i = 0; i < 300; i++) {
        expect(isHeldOut(world.sample(i).attributes)).toBe(split === 'held-out');
        const [first, second] = world.story(i).attributes;
        expect(isHeldOut(second)).toBe(split === 'held-out');
        if (split === 'train') expect(isHeldOut(first)).toBe(false);
        expect({ ...first, motion: second.motion }).toEqual(second);
      }
    }
  });

  it('draws every caption about equally often, and every turn', () => {
    const counts = new Map<string, number>();
    const turns = new Set<string>();
    for (let i = 0; i < 4680; i++) {
      const { caption } = toyWorld().sample(i);
      counts.set(caption, (counts.get(caption) ?? 0) + 1);
      turns.add(toyWorld().story(i).scene.motions.join(', '));
    }
    expect(counts.size).toBe(234);
    expect(Math.min(...counts.values())).toBeGreaterThan(4); // 20 on average
    expect(turns.size).toBe(25);
  });

  it('is the same on every machine', () => {
    const hash = createHash('sha256');
    for (const split of ['train', 'held-out'] as const) {
      const world = toyWorld({ seed: 7, split });
      for (let i = 0; i < 4; i++) hash.update(world.sample(i).caption).update(renderFrames(world.sample(i).scene, 5).data);
      hash.update(world.story(1).captions.join()).update(renderFrames(world.story(1).scene, 33).data);
    }
    expect(hash.digest('hex').slice(0, 16)).toBe('a98edc2ec9a74395');
  });

  it('makes batches of its samples', () => {
    const world = toyWorld({ seed: 2 });
    const { captions, attributes, video, foreground } = world.batch(5, 3, 17); // (B, 3, T, H, W), (B, 1, T, H, W)
    expect([video.shape, foreground.shape]).toEqual([[3, 3, 17, SIDE, SIDE], [3, 1, 17, SIDE, SIDE]]);
    expect(captions).toEqual(attributes.map(captionOf));
    const last = renderVideo(world.sample(7).scene, 17);
    const bytes = (values: Float32Array): Buffer => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    expect(bytes(video.data.subarray(-last.video.size)).equals(bytes(last.video.data))).toBe(true);
    expect(bytes(foreground.data.subarray(-last.foreground.size)).equals(bytes(last.foreground.data))).toBe(true);
  });

  it('refuses numbers that it has no sample for', () => {
    for (const index of [-1, 0.5, 2 ** 31]) expect(() => toyWorld().sample(index)).toThrow(ArgumentError);
    for (const seed of [-1, 0.5, 2 ** 32]) expect(() => toyWorld({ seed })).toThrow(ArgumentError);
  });
});
