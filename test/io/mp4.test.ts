import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import { UnsupportedError } from '../../src/errors.ts';
import { PpmReader } from '../../src/io/ppm-reader.ts';
import { BT601, BT709, tagColour } from '../../src/io/h264-colour.ts';
import type { Colour } from '../../src/io/h264-colour.ts';
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

  it('puts the index before the data, and every offset at a frame', async () => {
    const bytes = Buffer.from(await encodeMp4(frames, 16));
    const data = bytes.indexOf('mdat');
    expect(bytes.indexOf('moov')).toBeLessThan(data);
    const table = bytes.indexOf('stco') + 4;
    const offsets = Array.from({ length: bytes.readUInt32BE(table + 4) }, (_, i) => bytes.readUInt32BE(table + 8 + 4 * i));
    expect(offsets[0]).toBe(data + 4);
    // Each begins with the length of a unit of the stream: all units together are the data.
    for (const offset of offsets) expect(offset + 4 + bytes.readUInt32BE(offset)).toBeLessThanOrEqual(bytes.length);
    expect(bytes.readUInt32BE(data - 4)).toBe(bytes.length - data + 4);
  });

  it('tells the colour space in the container and in the stream', () => {
    // As the encoder writes it for 1280×720; then by the bits, one field a group
    const unit = Uint8Array.from(Buffer.from('6742001fa6805005b9', 'hex'));
    const bits = [...unit.slice(-1)].map((byte) => byte.toString(2)).join('').slice(0, -2);
    const fields = ['1', '0', '0', '1', '101', '0', '1', '00000001', '00001101', '00000001', '000000', '1'].join('');
    const tagged = [...tagColour(unit, BT709)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
    expect(tagged.slice(8 * (unit.length - 1)).replace(/0+$/, '')).toBe(bits + fields);
  });

  it.skipIf(!withFfmpeg).each([[64, 'smpte170m'], [720, 'bt709']])('keeps pure colours at %i lines', async (lines, space) => {
    const pure = [[0, 255, 0], [255, 0, 0], [0, 0, 255], [255, 255, 0], [128, 128, 128], [255, 255, 255]];
    const at = (i: number) => pure[Math.floor((Math.floor(i / 3) % 96) / 16)][i % 3];
    const stripes = hostTensor(Uint8Array.from({ length: lines * 96 * 3 }, (_, i) => at(i)), [1, lines, 96, 3]);
    const path = join(folder, `${lines}.mp4`);
    writeFileSync(path, await encodeMp4(stripes, 8));
    const show = ['-v', 'error', '-show_entries', 'stream=color_space,color_transfer,color_primaries,color_range', '-of', 'csv=p=0', path];
    expect(spawnSync('ffprobe', show).stdout.toString().trim()).toBe(`tv,${space},iec61966-2-1,bt709`);
    const back = (await readMedia(path)).frames;
    pure.forEach((colour, k) => {
      for (const c of [0, 1, 2]) expect(Math.abs(back.get(0, lines / 2, 16 * k + 8, c) - colour[c])).toBeLessThanOrEqual(4);
    });
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

it('toYuv420 gives the bytes of pure colours', () => {
  const bytes = (rgb: number[], colour: Colour) => toYuv420(Uint8Array.from({ length: 12 }, (_, i) => rgb[i % 3]), 2, 2, colour);
  const of = (...rgb: number[]) => [...bytes(rgb, BT601)].slice(3);
  expect([...bytes([0, 255, 0], BT709)].slice(3)).toEqual([173, 42, 26]);
  expect([...bytes([255, 255, 255], BT709)].slice(3)).toEqual([235, 128, 128]);
  expect(of(255, 255, 255)).toEqual([235, 128, 128]);
  expect(of(0, 0, 0)).toEqual([16, 128, 128]);
  expect(of(255, 0, 0)).toEqual([81, 90, 240]);
  expect(of(0, 0, 255)).toEqual([41, 240, 110]);
});

describe('PpmReader', () => {
  const stream = Buffer.concat([1, 2, 3].flatMap((t) => [Buffer.from('P6\n2 1\n255\n'), Buffer.alloc(6, t)]));

  it.each([1, 2, 7, 11, 100])('cuts a stream that comes in pieces of %i bytes', (size) => {
    const reader = new PpmReader('a.mp4', { keep: Infinity, maxBytes: 1e6 });
    for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size));
    const { frames: got, height: h, width: w } = reader.end();
    expect([h, w, ...got.map((frame) => [...frame].join(''))]).toEqual([1, 2, '111111', '222222', '333333']);
  });

  it('keeps the last frames', () => {
    const reader = new PpmReader('a.mp4', { keep: 2, maxBytes: 12 });
    reader.push(stream);
    expect(reader.end().frames.map((frame) => frame[0])).toEqual([2, 3]);
  });

  it('refuses other data, huge frames and a cut stream', () => {
    expect(() => new PpmReader('a.mp4', { keep: 9, maxBytes: 1e6 }).push(Buffer.alloc(100))).toThrow('unexpected data');
    expect(() => new PpmReader('a.mp4', { keep: 9, maxBytes: 1e6 }).push(Buffer.from('P6\n99999 99999\n255\n'))).toThrow('at most');
    const reader = new PpmReader('a.mp4', { keep: 9, maxBytes: 1e6 });
    reader.push(stream.subarray(0, 20));
    expect(() => reader.end()).toThrow('truncated');
    expect(() => new PpmReader('a.mp4', { keep: 9, maxBytes: 12 }).push(stream)).toThrow('over 2 frames of 2×1: too long to hold');
    expect(new PpmReader('a.mp4', { keep: 9, maxBytes: 1e6 }).end().frames).toEqual([]);
  });
});
