/** A folder of videos and pictures as a training set: which frames are taken, what is held out, and what is refused. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import { ArgumentError, FileError } from '../../src/errors.ts';
import { transformFrames } from '../../src/io/image-transform.ts';
import { writeMedia } from '../../src/io/write-media.ts';
import { parseEntries } from '../../src/training/data/entries.ts';
import { folderData } from '../../src/training/data/folder.ts';
import { permutation, splitByFile } from '../../src/training/data/order.ts';

/** Frame t is all of the gray 3·t. */
function grays(count: number, height: number, width: number) {
  return hostTensor(Uint8Array.from({ length: count * height * width * 3 }, (_, i) => 3 * Math.floor(i / (height * width * 3))), [
    count, height, width, 3,
  ]);
}

let root = '';
const options = { height: 16, width: 32, rate: 8, frames: 17, seed: 0 };
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'data-'));
  await writeMedia(join(root, 'long.gif'), grays(60, 20, 30), 24);
  await writeMedia(join(root, 'own.apng'), grays(20, 16, 16), 8);
  await writeMedia(join(root, 'folder'), grays(17, 8, 8), 8);
  await writeMedia(join(root, 'picture.png'), hostTensor(grays(60, 24, 24).data.subarray(40 * 24 * 24 * 3, 41 * 24 * 24 * 3), [1, 24, 24, 3]), 1);
});
afterAll(() => rm(root, { recursive: true }));

/** A set with these lines, whose paths start from the root's files. */
async function set(name: string, ...lines: readonly (object | string)[]): Promise<string> {
  const folder = join(root, name);
  await mkdir(join(folder, 'part'), { recursive: true });
  await writeFile(join(folder, 'part', 'a.jsonl'), lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
  return folder;
}

const long = { video_path: '../long.gif', begin_frame_id: 6, end_frame_id: 54, fps: 24, tarsier2_caption: 'a gray', width: 30 };
const own = { video_path: '../own.apng', begin_frame_id: 2, end_frame_id: 20, fps: 8, caption: 'own' };
const picture = { image_path: '../picture.png', text: '', long_caption: 'still' };

/** The frame of the source at every place of a batch of one, by its gray. */
async function taken(line: object, frames: number): Promise<number[]> {
  const { train } = await folderData(await set('one', line), { ...options, frames });
  const { video, foreground } = await train.batch(0, 1, frames);
  expect(video.shape).toEqual([1, 3, frames, 16, 32]);
  expect(foreground.shape).toEqual([1, 1, frames, 16, 32]);
  expect(foreground.data.every((share) => share === 0)).toBe(true);
  return Array.from({ length: frames }, (_, t) => Math.round(((video.get(0, 1, t, 7, 9) + 1) / 2) * 255) / 3);
}

describe('which frames are taken', () => {
  it('as the official get_clip takes them: ⌊linspace(begin, begin + ⌈fps·2 s⌉ − 1, 17)⌋', async () => {
    expect(await taken(long, 17)).toEqual(Array.from({ length: 17 }, (_, i) => 6 + Math.floor((i * 47) / 16)));
    expect(await taken(long, 5)).toEqual([6, 8, 11, 14, 17]); // half a second: ⌊linspace(6, 17, 5)⌋
  });

  it('one by one at the model\'s own rate, from begin_frame_id on', async () => {
    expect(await taken(own, 17)).toEqual(Array.from({ length: 17 }, (_, i) => 2 + i));
    expect(await taken({ ...own, video_path: '../folder', begin_frame_id: 0, end_frame_id: 17 }, 17)).toEqual(Array.from({ length: 17 }, (_, i) => i));
  });

  it('of a picture the picture, of a video as a picture its first frame', async () => {
    expect(await taken(picture, 1)).toEqual([40]);
    expect(await taken(long, 1)).toEqual([6]);
  });

  it('resizes and crops as inference does', async () => {
    const source = hostTensor(Uint8Array.from({ length: 10 * 30 * 3 }, (_, i) => (i * 7) % 256), [1, 10, 30, 3]);
    await writeMedia(join(root, 'pattern.png'), source, 1);
    const { train } = await folderData(await set('one', { image_path: '../pattern.png' }), { ...options, frames: 1 });
    const { video } = await train.batch(0, 1, 1);
    expect(video.data).toEqual(transformFrames(source, 16, 32).data);
  });
});

describe('a set', () => {
  it('has pictures of everything, videos and captions of the videos', async () => {
    const { train, heldOut, overlap } = await folderData(await set('mixed', long, picture, own), options);
    expect(overlap).toBe(true); // three files are too few to hold one out
    expect((await train.batch(0, 6, 1)).video.shape).toEqual([6, 3, 1, 16, 32]);
    const { video } = await heldOut.batch(5, 4, 9);
    expect(video.shape).toEqual([4, 3, 9, 16, 32]);
    for (let i = 0; i < 4; i++) expect(video.get(i, 0, 8, 0, 0)).toBeGreaterThan(video.get(i, 0, 0, 0, 0)); // none is a picture
    expect(new Set([0, 1].map((i) => train.caption(i)))).toEqual(new Set(['a gray', 'own']));
    const { pictures } = train;
    expect(new Set([0, 1, 2].map((i) => pictures.caption(i)))).toEqual(new Set(['a gray', 'own', 'still']));
    for (let i = 0; i < 3; i++) { // each with its own frame
      const shade = Math.round(((await pictures.batch(i, 1, 1)).video.get(0, 0, 0, 7, 9) + 1) * 127.5) / 3;
      expect([pictures.caption(i), shade]).toEqual(expect.arrayContaining([{ 6: 'a gray', 2: 'own', 40: 'still' }[shade]]));
    }
    const [first, second] = [await train.batch(0, 2, 1), await train.batch(1, 1, 1)];
    expect(second.video.data).toEqual(first.video.data.subarray(first.video.data.length / 2)); // sample 1, alone or not
  });

  it('has still pictures among its videos where their lines say so', async () => {
    const { train } = await folderData(await set('still', own, { ...picture, still: true }), options);
    expect(new Set([0, 1].map((i) => train.caption(i)))).toEqual(new Set(['own', 'still']));
    expect(new Set([0, 1].map((i) => train.pictures.caption(i)))).toEqual(new Set(['own', 'still'])); // once each
    const at = train.caption(0) === 'still' ? 0 : 1;
    const { video } = await train.batch(at, 1, 17);
    expect([0, 8, 16].map((t) => Math.round(((video.get(0, 0, t, 7, 9) + 1) / 2) * 255) / 3)).toEqual([40, 40, 40]);
    await expect(folderData(await set('not-still', own, { ...picture, still: 'yes' }), options)).rejects.toThrow(/a\.jsonl:2\.still: expected/);
  });

  it('is known by its lines', async () => {
    const before = (await folderData(await set('print', own), options)).train.fingerprint;
    expect((await folderData(await set('print', own, long), options)).train.fingerprint).not.toBe(before);
  });

  it('holds a tenth of the files out, with all their lines', () => {
    const entries = Array.from({ length: 75 }, (_, i) => ({ path: `${i % 25}.mp4`, line: i }));
    const { train, heldOut, overlap } = splitByFile(entries);
    expect([train.length, heldOut.length, overlap]).toEqual([69, 6, false]);
    expect(train.filter(({ path }) => heldOut.some((held) => held.path === path))).toEqual([]);
    const grown = splitByFile([...entries, { path: 'new.mp4', line: 75 }]);
    expect(heldOut.filter((entry) => !grown.heldOut.includes(entry)).length).toBeLessThanOrEqual(3);
  });

  it('is drawn from in an order of its own each epoch', () => {
    const orders = [0, 1, 2].map((epoch) => [...permutation(50, 3, epoch)]);
    for (const order of orders) expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(new Set(orders.map((order) => order.join())).size).toBe(3);
    expect([...permutation(50, 3, 1)]).toEqual(orders[1]);
  });
});

describe('is refused', () => {
  it.each<[string, readonly (object | string)[], RegExp]>([
    ['a line that is no JSON', [own, '', '{"video_path": '], /a\.jsonl:3: is damaged: its JSON cannot be read/],
    ['a line without a path', [{ caption: 'x' }], /a\.jsonl:1: has neither 'video_path' nor 'image_path'/],
    ['a line that is no object', ['[1]'], /a\.jsonl:1: expected an object/],
    ['a path of another type', [own, { ...own, video_path: 5 }], /a\.jsonl:2\.video_path: expected a string, got 5/],
    ['a caption of another type', [{ ...own, caption: ['x'] }], /a\.jsonl:1\.caption: expected a string/],
    ['a missing field', [{ video_path: '../own.apng', begin_frame_id: 0, fps: 8 }], /a\.jsonl:1\.end_frame_id: expected an integer/],
    ['a frame that is no number', [{ ...own, begin_frame_id: '2' }], /a\.jsonl:1\.begin_frame_id: expected an integer, got '2'/],
    ['a negative frame', [{ ...own, begin_frame_id: -1 }], /a\.jsonl:1\.begin_frame_id: expected at least 0/],
    ['an end before the beginning', [{ ...own, end_frame_id: 2 }], /a\.jsonl:1\.end_frame_id: expected a frame after/],
    ['a rate of nothing', [{ ...own, fps: 0 }], /a\.jsonl:1\.fps: expected a positive rate/],
    ['a missing file', [own, { ...own, video_path: 'absent.mp4' }], /a\.jsonl:2: names 'absent\.mp4', which is not in the folder/],
    ['too few frames', [{ ...own, end_frame_id: 17 }], /a\.jsonl:1: has too few frames: 15 frames at 8 a second, but 2 seconds/],
    ['nothing but pictures', [picture], /has pictures only/],
    ['nothing', [], /has no line|is empty/],
  ])('%s', async (_, lines, message) => {
    const attempt = folderData(await set('bad', ...lines), options);
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toSatisfy((error) => error instanceof FileError || error instanceof ArgumentError);
  });

  it('what is no folder, or has no lines', async () => {
    await expect(folderData(join(root, 'absent'), options)).rejects.toThrow(/absent: does not exist/);
    await expect(folderData(join(root, 'own.apng'), options)).rejects.toThrow(/own\.apng: is a file; a folder/);
    await expect(folderData(join(root, 'folder'), options)).rejects.toThrow(/folder: has no \.jsonl file/);
  });

  it.each<[string, object, RegExp]>([
    ['is shorter than its line says', { ...own, begin_frame_id: 10, end_frame_id: 40 }, /a\.jsonl:1: .*own\.apng: has 20 frames; from frame 10 on 2 s/],
    ['begins after its end', { ...own, begin_frame_id: 20, end_frame_id: 40 }, /a\.jsonl:1: .*own\.apng: has 20 frames/],
    ['has another rate', { ...own, fps: 6 }, /a\.jsonl:1: .*own\.apng: has 8 frames a second, its line says 6/],
    ['is damaged', { ...own, video_path: '../broken.gif' }, /a\.jsonl:1: .*broken\.gif: /],
    ['is of another kind', { ...own, video_path: 'part/a.jsonl' }, /a\.jsonl:1: .*a\.jsonl: is of no supported kind/],
  ])('a video that %s, when it is read', async (_, line, message) => {
    await writeFile(join(root, 'broken.gif'), 'GIF89a and no more');
    const { train } = await folderData(await set('bad', line), options);
    await expect(train.batch(0, 1, 17)).rejects.toThrow(message);
    await expect(train.batch(0, 1, 17)).rejects.toThrow(FileError);
  });

  it('a picture of a video that begins after its end', async () => {
    const { train } = await folderData(await set('bad', { ...own, begin_frame_id: 20, end_frame_id: 40 }), options);
    await expect(train.batch(0, 1, 1)).rejects.toThrow(/own\.apng: has 20 frames; from frame 20 on 0 s/);
  });

  it('a video without a caption where one is needed', async () => {
    const { train } = await folderData(await set('silent', { ...own, caption: undefined }), options);
    expect(() => train.caption(0)).toThrow(/a\.jsonl:1: has no caption/);
  });
});

describe('official lines', () => {
  it('are read as they are', () => {
    const line = '{"video_path": "data/videos/e06b8ca5dbc6.mp4", "begin_frame_id": 0, "end_frame_id": 120, "tarsier2_caption": "A face.", '
      + '"width": 1280, "height": 720, "h_div_w": 0.5625, "fps": 24}\r\n';
    const clip = { begin: 0, end: 120, fps: 24 };
    const texts = new Map([['tarsier2_caption', 'A face.']]);
    expect(parseEntries(line, 'x')).toEqual([{ where: 'x:1', path: 'data/videos/e06b8ca5dbc6.mp4', caption: 'A face.', clip, texts }]);
  });
});
