import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { rowMajor } from '../../src/array/host.ts';
import { FileError } from '../../src/errors.ts';
import { readMedia, readPicture } from '../../src/io/read-media.ts';
import { decodeWebp, decodeWebpCanvases } from '../../src/io/webp.ts';
import { readWebpContainer } from '../../src/io/webp-container.ts';
import { webps } from './webp-samples.ts';

const bytesOf = (name: keyof typeof webps) => new Uint8Array(Buffer.from(webps[name].base64, 'base64'));
const animated = bytesOf('animated');

describe('WebP', () => {
  it.each(Object.entries(webps))('is read as Pillow reads it: %s', async (name, { base64, shape, fps, sha }) => {
    const video = await decodeWebp(Buffer.from(base64, 'base64'), name);
    expect(video.frames.shape).toEqual(shape);
    expect(video.fps).toBe(fps);
    expect(createHash('sha256').update(rowMajor(video.frames)).digest('hex').slice(0, 16)).toBe(sha);
  });

  it('gives alpha to who asks for it', async () => {
    const { width, height, count, canvases } = await decodeWebpCanvases(bytesOf('lossless, with alpha'), 'a.webp');
    const [canvas] = canvases; // (H, W, 4)
    expect([count, canvas.length]).toEqual([1, width * height * 4]);
    expect(new Set(canvas.filter((_, i) => i % 4 === 3)).size).toBeGreaterThan(10);
  });

  it('passes over what follows the file, and over chunks that it does not know', async () => {
    const longer = Buffer.concat([bytesOf('lossy'), Buffer.from('something else')]);
    expect((await decodeWebp(longer, 'a.webp')).frames.shape).toEqual([1, 13, 21, 3]);
    const [head, rest] = [animated.slice(0, 30), animated.subarray(30)];
    const extra = Buffer.from('XYZ \x03\0\0\0abc\0', 'latin1');
    new DataView(head.buffer).setUint32(4, animated.length - 8 + extra.length, true);
    expect((await decodeWebp(Buffer.concat([head, extra, rest]), 'a.webp')).frames.shape).toEqual([5, 18, 24, 3]);
  });

  it('is read by its name and content', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'webp-'));
    afterAll(() => rmSync(folder, { recursive: true }));
    const at = (...names: string[]) => join(folder, ...names);
    writeFileSync(at('a.webp'), animated);
    writeFileSync(at('b.webp'), bytesOf('lossy'));
    writeFileSync(at('c.png'), bytesOf('lossy'));
    expect((await readMedia(at('a.webp'))).frames.shape).toEqual([5, 18, 24, 3]);
    expect((await readPicture(at('b.webp'))).shape).toEqual([13, 21, 3]);
    await expect(readPicture(at('a.webp'))).rejects.toThrow('holds 5 frames');
    await expect(readMedia(at('c.png'))).rejects.toThrow('is named .png but is a WebP file, not a PNG file');
    mkdirSync(at('frames'));
    for (const name of ['1.webp', '2.webp']) writeFileSync(at('frames', name), bytesOf('lossy'));
    expect((await readMedia(at('frames'))).frames.shape).toEqual([2, 13, 21, 3]);
    writeFileSync(at('frames', '3.webp'), animated);
    await expect(readMedia(at('frames'))).rejects.toThrow('3.webp: holds 5 frames; a folder of frames has one in each file');
  });
});

describe('a damaged WebP', () => {
  it.each(['animated', 'lossy, with alpha'] as const)('is refused wherever it is cut off: %s', async (name) => {
    const bytes = bytesOf(name);
    for (let length = 0; length < bytes.length; length += length < 64 ? 1 : 7) {
      await expect(decodeWebp(bytes.subarray(0, length), 'cut.webp')).rejects.toThrow(FileError);
    }
  });

  it('is refused where a bitstream ends before its picture, though the container is whole', async () => {
    const bytes = bytesOf('lossy').slice();
    const short = bytes.slice(0, 60); // RIFF and VP8 say so, too
    new DataView(short.buffer).setUint32(4, 52, true);
    new DataView(short.buffer).setUint32(16, 40, true);
    await expect(decodeWebp(short, 'short.webp')).rejects.toThrow('truncated or damaged');
  });

  it('never causes another error than a typed one', async () => {
    for (let at = 0; at < animated.length; at += at < 120 ? 1 : 11) {
      const damaged = animated.slice();
      damaged[at] ^= 1 << at % 8;
      const error = await decodeWebp(damaged, 'flip.webp').then(() => undefined, (e: unknown) => e);
      if (error !== undefined) expect(error).toBeInstanceOf(FileError);
    }
  });

  const changed = (...changes: readonly (readonly [at: number, ...bytes: number[]])[]) => {
    const bytes = animated.slice();
    for (const [at, ...values] of changes) bytes.set(values, at);
    return bytes;
  };
  // RIFF 12, VP8X 18, ANIM 14: the first ANMF's data begin at 52
  it.each([
    ['a frame outside', changed([52, 1]), 'lies outside'],
    ['a frame of another size than its bitstream', changed([58, 9]), 'holds 24×18'],
    ['a canvas of 16 million pixels a side', changed([24, 255, 255, 255, 255, 255, 255]), 'at most'],
    ['an empty animation', changed([44, 0x58]).slice(0, 44), 'truncated'],
    ['no picture', Buffer.from('RIFF\x04\0\0\0WEBP', 'latin1'), 'without a picture'],
    ['another kind', Buffer.from('RIFF\x04\0\0\0WAVE', 'latin1'), 'not a WebP'],
  ])('is refused before anything is decoded: %s', (_, bytes, message) => {
    expect(() => readWebpContainer(bytes, 'a.webp')).toThrow(message);
    expect(() => readWebpContainer(bytes, 'a.webp')).toThrow(FileError);
  });
});
