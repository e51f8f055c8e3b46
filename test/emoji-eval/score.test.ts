/** The tasks of the emoji score with the pipeline replaced: a perfect model is right everywhere, a flawed one where it is so. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NdArray } from 'ndarray';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { hostTensor } from '../../src/array/host.ts';
import { emojiReader } from '../../src/emoji/read-prompt.ts';
import { loopFrames, readLibrary } from '../../src/emoji-eval/library.ts';
import { Gallery } from '../../src/emoji-eval/nearest.ts';
import { EMOJI_TASKS, scoreEmoji } from '../../src/emoji-eval/score.ts';
import type { LibraryItem } from '../../src/emoji-eval/library.ts';
import type { EmojiOutcome } from '../../src/emoji-eval/score.ts';
import type { Video } from '../../src/io/picture.ts';
import { writeMedia } from '../../src/io/write-media.ts';
import { shippedModel } from '../../src/model/default.ts';
import { readModelConfig } from '../../src/model/directory.ts';
import type { Model } from '../../src/model/load.ts';
import type { GenerateRequest } from '../../src/pipeline/generate.ts';
import { summarize } from '../../src/toyworld/score.ts';

const SIDE = 64;

/** A disc of the item's colour and size that goes from side to side in six frames; on white. */
function drawn(item: number, count: number): NdArray<Uint8Array> {
  const bytes = new Uint8Array(count * SIDE * SIDE * 3).fill(255);
  const colour = [(item * 83) % 256, (item * 151) % 256, (item * 47) % 256];
  for (let t = 0; t < count; t++) {
    const middle = 32 + 8 * Math.sin((2 * Math.PI * t) / 6);
    for (let i = 0; i < SIDE * SIDE; i++) {
      const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
      if (Math.hypot(x - middle, y - 32) < 10 + (item % 5) * 3) bytes.set(colour, (t * SIDE * SIDE + i) * 3);
    }
  }
  return hostTensor(bytes, [count, SIDE, SIDE, 3]);
}

const NAMES = ['rooster', 'cat face', 'smiling cat', 'sun', 'red heart', 'grinning face with big eyes', 'clock', 'snail'];
const library: LibraryItem[] = NAMES.map((name, i) => ({
  name, emoji: String.fromCodePoint(0x1f413 + i), tags: [`tag${i}`, 'thing'], captions: [name, `a ${name}`, `the ${name} emoji, on white`],
  heldOut: i === 7, animated: i % 2 === 1, frames: drawn(i, i % 2 === 1 ? 6 : 1),
}));
const known = new Set(NAMES.slice(0, 7));
const read = emojiReader(library.slice(0, 7));

/** What a model makes of the true frames. */
let flaw: (frames: NdArray<Uint8Array>, item: number) => NdArray<Uint8Array>;
beforeEach(() => {
  flaw = (frames) => frames;
});

vi.mock('../../src/pipeline/generate.ts', () => ({
  generateVideo(_: Model, { prompt, frames, seed }: GenerateRequest): Promise<Video> {
    const item = NAMES.findIndex((name) => name === read(prompt, { seed: seed! }).text);
    return Promise.resolve({ frames: flaw(loopFrames(library[item], frames!), item), fps: 8 });
  },
}));

vi.mock('../../src/pipeline/reconstruct.ts', () => ({
  async *reconstructVideo(_: Model, { video }: { video: Video }) {
    yield { frames: video.frames, psnr: 40 };
  },
}));

async function results(): Promise<EmojiOutcome[]> {
  const model = { config: await readModelConfig(shippedModel('toy')) } as Model;
  const outcomes: EmojiOutcome[] = [];
  for await (const outcome of scoreEmoji(model, { library, known, prompts: 3, tasks: EMOJI_TASKS })) outcomes.push(outcome);
  return outcomes;
}

async function failing(): Promise<string[]> {
  return summarize(await results()).scores.filter(({ right, of }) => right < of).map(({ task, check }) => `${task}: ${check}`);
}

describe('a model', () => {
  it('that is perfect is right everywhere', async () => {
    const outcomes = await results();
    const { scores, psnr, movement } = summarize(outcomes);
    expect(scores.filter(({ right, of }) => right < of)).toEqual([]);
    expect(scores.map(({ task, check }) => `${task}: ${check}`)).toEqual([
      'reader: recall', 'image: recall', 'video: first frame', 'video: worst frame', 'video: every frame', 'forms: recall',
      'from-image: worst frame', 'from-image: every frame', 'tokenizer: every frame', 'tokenizer-unseen: every frame',
    ]);
    expect(psnr.map(({ task, median }) => [task, median])).toEqual([['from-image', Infinity], ['tokenizer', 40], ['tokenizer-unseen', 40]]);
    expect(movement).toMatchObject([{ task: 'from-image', value: 1, median: 1 }]);
    const forms = outcomes.filter(({ task }) => task === 'forms');
    for (const { prompt } of forms) expect(library.flatMap(({ captions }) => captions)).not.toContain(prompt);
    expect(outcomes.filter(({ task }) => task === 'tokenizer-unseen').map(({ prompt }) => prompt)).toEqual(Array(3).fill('snail'));
  });

  it('that makes another item fails where pictures come from words', async () => {
    flaw = (frames, item) => loopFrames(library[(item + 1) % 7], frames.shape[0]);
    expect(await failing()).toEqual([
      'image: recall', 'video: first frame', 'video: worst frame', 'video: every frame', 'forms: recall', 'from-image: worst frame',
      'from-image: every frame',
    ]);
  });

  it('that spoils one frame of a video fails that', async () => {
    flaw = (frames, item) => {
      if (frames.shape[0] === 1) return frames;
      frames.data.set(library[(item + 1) % 7].frames.data.subarray(0, SIDE * SIDE * 3), 9 * SIDE * SIDE * 3);
      return frames;
    };
    expect(await failing()).toEqual(['video: worst frame', 'video: every frame', 'from-image: worst frame', 'from-image: every frame']);
  });

  it('that does not move is told so', async () => {
    flaw = (frames, item) => loopFrames({ ...library[item], frames: frames.hi(1) }, frames.shape[0]);
    const { movement, psnr } = summarize(await results());
    expect(movement).toMatchObject([{ task: 'from-image', value: 0 }]);
    expect(psnr[0].median).toBeLessThan(25);
  });
});

describe('the nearest', () => {
  it('forgives a shift, not a colour', () => {
    const gallery = new Gallery(SIDE);
    library.forEach(({ frames }, i) => gallery.add(i, frames));
    const shifted = hostTensor(new Uint8Array(SIDE * SIDE * 3).fill(255), [1, SIDE, SIDE, 3]);
    const source = library[2].frames.data;
    shifted.data.set(source.subarray(0, source.length - 6), 6); // two pixels to the right
    expect(gallery.nearest(shifted)).toEqual([{ item: 2, distance: 0 }]);
    expect(gallery.nearest(loopFrames(library[4], 1))).toEqual([{ item: 4, distance: 0 }]);
    expect(() => new Gallery(60)).toThrow('a multiple of 8');
  });
});

describe('the library', () => {
  const folder = mkdtempSync(join(tmpdir(), 'emoji-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const line = { caption: 'cat', captions: ['cat'], emoji: '🐈', tags: ['pet'], group: 'animals' };

  it('is read from the folder, or refused', async () => {
    await expect(readLibrary(folder, SIDE)).rejects.toThrow('npm run data:emoji');
    mkdirSync(join(folder, 'animations'));
    await writeMedia(join(folder, 'animations', 'a.apng'), drawn(3, 6), 8);
    const write = (value: object) => writeFileSync(join(folder, 'emoji.jsonl'), `${JSON.stringify(value)}\n`);
    write({ ...line, video_path: 'animations/a.apng', held_out: true });
    const [item] = await readLibrary(folder, SIDE);
    expect(item).toMatchObject({ name: 'cat', heldOut: true, animated: true, frames: { shape: [6, SIDE, SIDE, 3] } });
    await expect(readLibrary(folder, 32)).rejects.toThrow('is 64×64; 32×32 are needed');
    write({ ...line, image_path: '../a.png' });
    await expect(readLibrary(folder, SIDE)).rejects.toThrow('no plain relative name');
    write({ ...line, image_path: 3 });
    await expect(readLibrary(folder, SIDE)).rejects.toThrow('emoji.jsonl:1.image_path: expected a string');
  });
});
