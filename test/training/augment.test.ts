/** Augmentation: what each of its parts does to a picture, and what a folder's samples become with it. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import type { HostTensor } from '../../src/array/host.ts';
import { writeMedia } from '../../src/io/write-media.ts';
import { augment, AUGMENT_DRAWS, warp } from '../../src/training/data/augment.ts';
import type { Augmentation } from '../../src/training/data/augment.ts';
import { folderData } from '../../src/training/data/folder.ts';
import { build } from '../backend/arrays.ts';

const none: Augmentation = { shift: 0, scale: 0, turn: 0, hue: 0, mirror: 0, plain: 0, offset: 0, stills: 0 };
const still = { shift: [0, 0], scale: 1, turn: 0 } as const;

/** A white picture with one red pixel. */
function dot(row: number, column: number, frames = 1): HostTensor {
  return build([1, 3, frames, 9, 9], (_b, c, _t, i, j) => (i === row && j === column && c > 0 ? -1 : 1));
}

/** Where it is redder than it is not. */
function dots(x: HostTensor, frame = 0): number[][] {
  return Array.from({ length: 81 }, (_, p) => [Math.floor(p / 9), p % 9]).filter(([i, j]) => x.get(0, 1, frame, i, j) < 0);
}

describe('a place', () => {
  it.each<[string, Parameters<typeof warp>[1][number], boolean, number[]]>([
    ['as it was', still, false, [2, 3]],
    ['shifted by two rows and −1 column', { ...still, shift: [2, -1] }, false, [4, 2]],
    ['turned by a quarter', { ...still, turn: 90 }, false, [3, 6]],
    ['twice as large', { ...still, scale: 2 }, false, [0, 2]],
    ['mirrored', still, true, [2, 5]],
    ['mirrored, then turned', { ...still, turn: 90 }, true, [5, 6]],
  ])('%s', (_, place, mirrored, where) => {
    expect(dots(warp(dot(2, 3), [place], mirrored))).toContainEqual(where);
  });

  it('shows the colour of the corner where nothing comes from', () => {
    const y = warp(dot(4, 4), [{ ...still, shift: [20, 0] }], false);
    expect(y.data.every((value) => value === 1)).toBe(true);
  });

  it('is blended between pixels', () => {
    const y = warp(dot(4, 4), [{ ...still, shift: [0, 0.5] }], false);
    expect([y.get(0, 1, 0, 4, 4), y.get(0, 1, 0, 4, 5), y.get(0, 1, 0, 4, 6)]).toEqual([0, 0, 1]);
  });
});

describe('augment', () => {
  const draws = (values: Readonly<Record<number, number>>): number[] => {
    return Array.from({ length: AUGMENT_DRAWS }, (_, i) => values[i] ?? 0.5);
  };

  it('goes from one place to another where a still picture is made to move', () => {
    const y = augment(dot(4, 4, 3), { ...none, shift: 2, plain: 1 }, draws({ 0: 0, 4: 1 }), true);
    expect([0, 1, 2].map((t) => dots(y, t))).toEqual([[[2, 4]], [[4, 4]], [[6, 4]]]);
  });

  it('keeps all frames of a video at one place', () => {
    const y = augment(dot(4, 4, 3), { ...none, shift: 2 }, draws({ 0: 1, 4: 0 }), false);
    expect([0, 1, 2].map((t) => dots(y, t))).toEqual([[[6, 4]], [[6, 4]], [[6, 4]]]);
  });

  it('leaves the plain share as it is', () => {
    const x = dot(4, 4);
    expect(augment(x, { ...none, shift: 2, plain: 0.3 }, draws({ 0: 0, 10: 0.2 }), false)).toBe(x);
  });

  it('turns hues, and neither white, grey, black nor how bright a colour is', () => {
    const colours = [[1, -1, -1], [1, 1, 1], [0, 0, 0], [-1, -1, -1]]; // red first
    const x = build([1, 3, 1, 2, 2], (_b, c, _t, i, j) => colours[2 * i + j][c] / 2);
    const y = augment(x, { ...none, hue: 90 }, draws({ 9: 1 }), false);
    const at = (z: HostTensor, p: number): number[] => [0, 1, 2].map((c) => z.get(0, c, 0, p >> 1, p & 1));
    const red = at(build([1, 3, 1, 2, 2], (_b, c, _t, i, j) => colours[2 * i + j][c] / 2), 0);
    expect(Math.abs(at(y, 0)[0] - red[0])).toBeGreaterThan(0.3);
    const luma = ([r, g, b]: number[]): number => 0.299 * r + 0.587 * g + 0.114 * b;
    expect(Math.abs(luma(at(y, 0)) - luma(red))).toBeLessThan(0.02); // what is beyond ±1 is cut off
    for (const p of [1, 2, 3]) at(y, p).forEach((value, c) => expect(value).toBeCloseTo(colours[p][c] / 2, 2));
  });
});

describe('a folder', () => {
  let root = '';
  const options = { height: 16, width: 16, rate: 8, frames: 5, seed: 3 };
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'augment-'));
    const grays = Uint8Array.from({ length: 3 * 16 * 16 * 3 }, (_, i) => 50 * (1 + Math.floor(i / (16 * 16 * 3))));
    await writeMedia(join(root, 'loop.apng'), hostTensor(grays, [3, 16, 16, 3]), 8);
    await writeMedia(join(root, 'held.apng'), hostTensor(new Uint8Array(3 * 16 * 16 * 3), [3, 16, 16, 3]), 8);
    await writeMedia(join(root, 'still.png'), hostTensor(new Uint8Array(16 * 16 * 3).fill(200), [1, 16, 16, 3]), 1);
    const video = { begin_frame_id: 0, end_frame_id: 3, fps: 8, loop: true };
    await writeFile(join(root, 'a.jsonl'), [
      { ...video, video_path: 'loop.apng', caption: 'a loop', captions: ['a loop', 'loop'] },
      { ...video, video_path: 'held.apng', caption: 'held', held_out: true },
      { image_path: 'still.png', caption: 'a still' },
    ].map((line) => `${JSON.stringify(line)}\n`).join(''));
  });
  afterAll(() => rm(root, { recursive: true }));

  const grayOf = (x: HostTensor, t: number): number => Math.round((x.get(0, 0, t, 8, 8) + 1) * 127.5);

  it('goes on with a loop\'s first frame after its last, and holds out what says so', async () => {
    const { train, heldOut, overlap } = await folderData(root, options);
    const { video } = await train.batch(0, 1, 5);
    expect([0, 1, 2, 3, 4].map((t) => grayOf(video, t))).toEqual([50, 100, 150, 50, 100]);
    expect([train.caption(0), train.captions?.(0), heldOut.caption(0), overlap]).toEqual(['a loop', ['a loop', 'loop'], 'held', false]);
    expect([0, 1].map((i) => train.pictures.captions?.(i))).toContainEqual(['a still']);
  });

  it('begins anywhere in a loop, and has stills among its videos, where the augmentation says so', async () => {
    const augmentation = { ...none, offset: 1, stills: 0.5 };
    const { train } = await folderData(root, { ...options, augmentation });
    const seen = new Set<string>();
    for (let i = 0; i < 40; i++) {
      const { video } = await train.batch(i, 1, 5);
      seen.add([0, 1, 2, 3, 4].map((t) => grayOf(video, t)).join());
    }
    expect([...seen].sort()).toEqual(['100,150,50,100,150', '150,50,100,150,50', '200,200,200,200,200', '50,100,150,50,100']);
    const { train: same } = await folderData(root, { ...options, augmentation });
    expect((await same.batch(7, 2, 5)).video.data).toEqual((await train.batch(7, 2, 5)).video.data); // the seed decides
  });
});
