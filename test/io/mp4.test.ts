import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import { UnsupportedError } from '../../src/errors.ts';
import { PpmReader } from '../../src/io/ffmpeg.ts';
import { encodeMp4, toYuv420 } from '../../src/io/mp4.ts';
import { readMedia } from '../../src/io/read-media.ts';

const [count, height, width] = [20, 34, 50];
const frames = hostTensor(
  Uint8Array.from({ length: count * height * width * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / (3 * width)) % height];
    const t = Math.floor(i / (3 * width * height));
    return [60 + x * 3, 40 + y * 5, 200 - t * 8][i % 3];
  }),
  [count, height, width, 3],
);
const folder = mkdtempSync(join(tmpdir(), 'mp4-'));
afterAll(() => rmSync(folder, { recursive: true }));
const withFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0 && spawnSync('ffprobe', ['-version']).status === 0;

describe('encodeMp4', () => {
  it('writes the same file for the same frames, with a table of key frames', async () => {
    const first = await encodeMp4(frames, 16);
    const second = await encodeMp4(frames, 16);
    expect(Buffer.from(first).equals(Buffer.from(second))).toBe(true);
    expect(Buffer.from(first.subarray(4, 8)).toString()).toBe('ftyp');
    const table = Buffer.from(first).indexOf('stss');
    expect([...Buffer.from(first.subarray(table + 8, table + 20))]).toEqual([0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 17]);
  });

  it('leaves the errors of the process alone', async () => {
    await encodeMp4(frames, 16);
    const hooks = [...process.rawListeners('uncaughtException'), ...process.rawListeners('unhandledRejection')];
    expect(hooks.filter((hook) => /abort|ExitStatus/.test(String(hook)))).toEqual([]);
  });

  it('refuses odd sizes and broken rates', async () => {
    await expect(encodeMp4(hostTensor(new Uint8Array(45), [1, 3, 5, 3]), 16)).rejects.toThrow('even sides');
    await expect(encodeMp4(frames, 12.5)).rejects.toThrow('a whole number');
  });

  it.skipIf(!withFfmpeg)('is what ffmpeg decodes, and what players may seek in', async () => {
    const path = join(folder, 'a.mp4');
    writeFileSync(path, await encodeMp4(frames, 16));
    const back = await readMedia(path);
    expect(back.fps).toBe(16);
    expect(back.frames.shape).toEqual([count, height, width, 3]);
    const got = rowMajor(back.frames);
    const error = got.reduce((sum, value, i) => sum + Math.abs(value - frames.data[i]), 0) / got.length;
    expect(error).toBeLessThan(4);
    expect((await readMedia(path, { first: 0.25 })).frames.shape[0]).toBe(4);
    const last = await readMedia(path, { last: 0.25 });
    expect(rowMajor(last.frames)).toEqual(got.slice(-4 * height * width * 3));
    const seek = ['-v', 'error', '-ss', '0.9', '-i', path, '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'];
    expect(spawnSync('ffmpeg', seek).stdout.length).toBe(5 * height * width * 3);
  });

  it.skipIf(!withFfmpeg)('says so when a video is damaged', async () => {
    const path = join(folder, 'cut.mp4');
    writeFileSync(path, (await encodeMp4(frames, 16)).subarray(0, 700));
    await expect(readMedia(path)).rejects.toThrow('cannot be decoded as a video');
  });

  it('says what to do where there is no ffmpeg', async () => {
    const path = join(folder, 'b.mp4');
    writeFileSync(path, await encodeMp4(frames, 16));
    const before = process.env.PATH;
    process.env.PATH = folder;
    try {
      await expect(readMedia(path)).rejects.toThrow(UnsupportedError);
      await expect(readMedia(path)).rejects.toThrow(/install ffmpeg, or give a .gif/);
    } finally {
      process.env.PATH = before;
    }
  });
});

it('toYuv420 gives the BT.601 bytes of pure colours', () => {
  const of = (...rgb: number[]) => [...toYuv420(Uint8Array.from({ length: 12 }, (_, i) => rgb[i % 3]), 2, 2)].slice(3);
  expect(of(255, 255, 255)).toEqual([235, 128, 128]);
  expect(of(0, 0, 0)).toEqual([16, 128, 128]);
  expect(of(255, 0, 0)).toEqual([81, 90, 240]);
  expect(of(0, 0, 255)).toEqual([41, 240, 110]);
});

describe('PpmReader', () => {
  const stream = Buffer.concat([1, 2, 3].flatMap((t) => [Buffer.from('P6\n2 1\n255\n'), Buffer.alloc(6, t)]));

  it.each([1, 2, 7, 11, 100])('cuts a stream that comes in pieces of %i bytes', (size) => {
    const reader = new PpmReader('a.mp4', Infinity);
    for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size));
    const { frames: got, height: h, width: w } = reader.end();
    expect([h, w, ...got.map((frame) => [...frame].join(''))]).toEqual([1, 2, '111111', '222222', '333333']);
  });

  it('keeps the last frames', () => {
    const reader = new PpmReader('a.mp4', 2);
    reader.push(stream);
    expect(reader.end().frames.map((frame) => frame[0])).toEqual([2, 3]);
  });

  it('refuses other data, huge frames and a cut stream', () => {
    expect(() => new PpmReader('a.mp4', 9).push(Buffer.alloc(100))).toThrow('unexpected data');
    expect(() => new PpmReader('a.mp4', 9).push(Buffer.from('P6\n99999 99999\n255\n'))).toThrow('at most');
    const reader = new PpmReader('a.mp4', 9);
    reader.push(stream.subarray(0, 20));
    expect(() => reader.end()).toThrow('truncated');
    expect(() => new PpmReader('a.mp4', 9).end()).toThrow('no frame');
  });
});
