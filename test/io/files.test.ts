import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import { ArgumentError, FileError } from '../../src/errors.ts';
import { writeFileAtomic, writeFolderAtomic } from '../../src/io/atomic.ts';
import { fileSource, readWhole } from '../../src/io/files.ts';
import { naturalOrder } from '../../src/io/frames-folder.ts';
import { checkSize } from '../../src/io/picture.ts';
import { readMedia, readPicture } from '../../src/io/read-media.ts';
import { checkOutput, writeMedia } from '../../src/io/write-media.ts';
import { jpegs } from './samples.ts';

let folder = '';
const at = (...names: string[]) => join(folder, ...names);
const text = (words: string) => new TextEncoder().encode(words);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'io-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const frames = hostTensor(Uint8Array.from({ length: 3 * 4 * 6 * 3 }, (_, i) => i), [3, 4, 6, 3]);
const single = hostTensor(frames.data.slice(0, 72), [1, 4, 6, 3]);

describe('writeFileAtomic', () => {
  it('writes bytes and chunks, replacing what is there', async () => {
    await writeFileAtomic(at('a'), text('one'));
    await writeFileAtomic(at('a'), [text('two'), text(' and'), text(' three')]);
    expect(readFileSync(at('a'), 'utf8')).toBe('two and three');
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('leaves the old file and nothing else when the content fails half-way', async () => {
    writeFileSync(at('a'), 'old');
    const failing = async function* () {
      yield text('new');
      await Promise.reject(new RangeError('no more'));
    };
    await expect(writeFileAtomic(at('a'), failing())).rejects.toThrow('no more');
    expect(readFileSync(at('a'), 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('says what is wrong with the place', async () => {
    writeFileSync(at('file'), '');
    await expect(writeFileAtomic(at('none', 'a'), text(''))).rejects.toThrow(/its folder '.*none' does not exist/);
    await expect(writeFileAtomic(at('file', 'a'), text(''))).rejects.toThrow(/its folder '.*file' is not a folder/);
    await expect(writeFileAtomic(folder, text(''))).rejects.toThrow('is a folder');
    await expect(writeFileAtomic('/dev/null', text(''))).rejects.toThrow('not a regular file');
    await expect(writeFileAtomic(at('x'.repeat(300)), text(''))).rejects.toThrow('too long a name');
    expect(readdirSync(folder)).toEqual(['file']);
  });
});

describe('writeFolderAtomic', () => {
  it('makes the folder whole or not at all', async () => {
    const half = async (temporary: string) => {
      writeFileSync(join(temporary, 'one'), '1');
      await Promise.reject(new RangeError('stopped'));
    };
    await expect(writeFolderAtomic(at('out'), half)).rejects.toThrow('stopped');
    expect(readdirSync(folder)).toEqual([]);
    mkdirSync(at('out'));
    await writeFolderAtomic(at('out'), (temporary) => Promise.resolve(writeFileSync(join(temporary, 'one'), '1')));
    expect(readdirSync(at('out'))).toEqual(['one']);
  });

  it('never replaces a folder that holds something', async () => {
    writeFileSync(at('mine'), '');
    await expect(writeFolderAtomic(folder, () => Promise.resolve())).rejects.toThrow('is not empty');
    expect(readdirSync(folder)).toEqual(['mine']);
  });
});

describe('reading files', () => {
  it('names what is wrong', async () => {
    writeFileSync(at('empty'), '');
    writeFileSync(at('five'), 'abcde');
    await expect(readWhole(at('none'))).rejects.toThrow('does not exist');
    await expect(readWhole(folder)).rejects.toThrow('is a folder');
    await expect(readWhole(at('empty'))).rejects.toThrow('is empty');
    await expect(readWhole(at('five'), 4)).rejects.toThrow('has 5 bytes; at most 4 are read');
    await expect(readWhole('a\0b')).rejects.toThrow(FileError);
    await expect(readWhole('/dev/zero')).rejects.toThrow('is not a regular file');
  });

  it('reads ranges, and only such as are there', async () => {
    writeFileSync(at('five'), 'abcde');
    const source = await fileSource(at('five'));
    expect(Buffer.from(await source.read(1, 3)).toString()).toBe('bcd');
    await expect(source.read(3, 3)).rejects.toThrow('is truncated');
    await expect(source.read(-1, 1)).rejects.toThrow(FileError);
    await expect(source.read(0, 2 ** 60)).rejects.toThrow(FileError);
    await source.close();
  });
});

describe('media', () => {
  it.each(['a.apng', 'a.gif', 'folder'])('gives a video back through %s', async (name) => {
    await writeMedia(at(name), frames, 16);
    const back = await readMedia(at(name));
    expect(back.frames.shape).toEqual([3, 4, 6, 3]);
    expect(rowMajor(back.frames)).toEqual(frames.data);
    if (name === 'folder') expect(back.fps).toBeNull();
    else expect(back.fps).toBeCloseTo(16, 0);
  });

  it('gives a picture back', async () => {
    await writeMedia(at('a.PNG'), single, 16);
    expect(rowMajor(await readPicture(at('a.PNG')))).toEqual(single.data);
    writeFileSync(at('b.jpeg'), Buffer.from(jpegs[0].base64, 'base64'));
    expect((await readPicture(at('b.jpeg'))).shape).toEqual([13, 21, 3]);
    await writeMedia(at('c.gif'), frames, 16);
    await expect(readPicture(at('c.gif'))).rejects.toThrow('holds 3 frames; a single picture is needed');
  });

  it('says what is wrong with an input', async () => {
    await writeMedia(at('a.png'), single, 16);
    const png = readFileSync(at('a.png'));
    for (const name of ['a.jpg', 'a.gif', 'a.mp4', 'a.webm', 'a.tiff']) writeFileSync(at(name), png);
    await expect(readMedia(at('a.jpg'))).rejects.toThrow('is named .jpg but is a PNG file, not a JPEG file');
    for (const name of ['a.gif', 'a.mp4', 'a.webm']) await expect(readMedia(at(name))).rejects.toThrow('is a PNG file');
    const supported = 'supported are .png, .apng, .jpg, .jpeg, .gif, .webp, .mp4, .m4v, .mov, .webm, .mkv, .avi and folders';
    await expect(readMedia(at('a.tiff'))).rejects.toThrow(supported);
    await expect(readMedia(at('none.png'))).rejects.toThrow('does not exist');
    writeFileSync(at('zero.png'), '');
    await expect(readMedia(at('zero.png'))).rejects.toThrow('is empty');
    writeFileSync(at('page.png'), '<!DOCTYPE html>');
    await expect(readMedia(at('page.png'))).rejects.toThrow('is an HTML page');
    mkdirSync(at('none'));
    await expect(readMedia(at('none'))).rejects.toThrow('holds no frames');
  });

  it('wants frames of one size, in natural order', async () => {
    mkdirSync(at('in'));
    await writeMedia(at('in', 'f10.png'), single, 16);
    await writeMedia(at('in', 'f9.png'), hostTensor(new Uint8Array(72), [1, 4, 6, 3]), 16);
    writeFileSync(at('in', 'notes.txt'), '');
    const { frames: got } = await readMedia(at('in'));
    expect(got.shape).toEqual([2, 4, 6, 3]);
    expect([got.get(0, 0, 0, 1), got.get(1, 0, 0, 1)]).toEqual([0, 1]);
    await writeMedia(at('in', 'f11.png'), hostTensor(new Uint8Array(12), [1, 2, 2, 3]), 16);
    await expect(readMedia(at('in'))).rejects.toThrow('is 2×2, the first frame 6×4');
    expect(['f10', 'f9', 'f1', 'F2'].sort(naturalOrder)).toEqual(['f1', 'F2', 'f9', 'f10']);
  });

  it('refuses outputs before the work', async () => {
    const form = { frames: 3, height: 4, width: 6, fps: 16 };
    await expect(checkOutput(at('a.avi'), form)).rejects.toThrow('.apng, .gif, .mp4, or a name without extension');
    const others = 'another name for 3 frames: .apng, .gif, .mp4 or a folder';
    await expect(checkOutput(at('a.png'), form)).rejects.toThrow(others);
    await expect(checkOutput(at('a.mp4'), { ...form, width: 5 })).rejects.toThrow(ArgumentError);
    await expect(checkOutput(at('a.mp4'), { ...form, fps: 29.97 })).rejects.toThrow('a whole number');
    await expect(checkOutput(at('no', 'a.gif'), form)).rejects.toThrow('does not exist');
    await checkOutput(at('a.gif'), form);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('bounds sizes', () => {
    expect(() => checkSize('a', 20000, 1)).toThrow('at most 16384 a side');
    expect(() => checkSize('a', 16000, 16000)).toThrow(FileError);
    expect(() => checkSize('a', NaN, 4)).toThrow('an empty size');
    expect(() => checkSize('a', 1000, 1000, 1000)).toThrow('at most 357 frames');
  });
});
