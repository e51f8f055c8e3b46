/** Parts of videos that ffmpeg decodes: nothing else is decoded, and frames come at the size that is wanted. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import { coverPicture } from '../../src/io/image-transform.ts';
import { encodeMp4 } from '../../src/io/mp4.ts';
import { frameAt } from '../../src/io/picture.ts';
import type { Video } from '../../src/io/picture.ts';
import { readMedia } from '../../src/io/read-media.ts';

const withFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0 && spawnSync('ffprobe', ['-version']).status === 0;
const [count, height, width, fps] = [96, 48, 80, 8];
const folder = mkdtempSync(join(tmpdir(), 'parts-'));
const [numbered, smooth] = [join(folder, 'a.mp4'), join(folder, 'b.mp4')];
const BITS = 7;
const BAR = 10; // pixels

/** @param gray of a frame's column. */
async function write(path: string, frames: number, gray: (t: number, x: number) => number): Promise<void> {
  const data = new Uint8Array(frames * height * width * 3);
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / 3);
    data[i] = gray(Math.floor(pixel / (height * width)), pixel % width);
  }
  writeFileSync(path, await encodeMp4(hostTensor(data, [frames, height, width, 3]), fps));
}

beforeAll(async () => {
  // The number of every frame, as bars of black and white.
  await write(numbered, count, (t, x) => ((t >> Math.floor(x / BAR)) & 1) * 255);
  await write(smooth, 2, (_, x) => 40 + 2 * x);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The numbers that the frames show. */
function moments({ frames }: Video): number[] {
  return Array.from({ length: frames.shape[0] }, (_, t) => {
    const bits = Array.from({ length: BITS }, (_, bit) => Number(frames.get(t, 20, bit * BAR + BAR / 2, 1) > 127));
    return bits.reduce((sum, bit, place) => sum + bit * 2 ** place, 0);
  });
}
const from = (first: number, length: number) => Array.from({ length }, (_, i) => first + i);

describe.skipIf(!withFfmpeg)('a part of a video', () => {
  it.each([
    [{ first: 0.5 }, from(0, 4)],
    [{ last: 0.5 }, from(92, 4)],
    [{ last: 20 }, from(0, 96)],
    [{ from: 3, seconds: 1 }, from(24, 8)],
    [{ from: 11.5, seconds: 9 }, from(92, 4)],
    [{ firstFrames: 3 }, from(0, 3)],
  ])('%j is what is decoded', async (part, wanted) => {
    const video = await readMedia(numbered, part);
    expect(moments(video)).toEqual(wanted);
    expect(video).toMatchObject({ fps: 8, duration: 12 });
  });

  it('beyond the end is refused, with the length', async () => {
    await expect(readMedia(numbered, { from: 13, seconds: 1 })).rejects.toThrow('holds no frame in the wanted part; it lasts 12 s');
  });

  it('comes at the wanted size, cut as pictures are', async () => {
    const whole = (await readMedia(smooth)).frames;
    for (const [h, w] of [[24, 24], [30, 60], [96, 64]] as const) {
      const { frames } = await readMedia(smooth, { firstFrames: 2 }, () => [h, w]);
      expect(frames.shape).toEqual([2, h, w, 3]);
      const ours = coverPicture(frameAt(whole, 1), h, w);
      const theirs = rowMajor(frameAt(frames, 1));
      const worst = rowMajor(ours).reduce((most, value, i) => Math.max(most, Math.abs(value - theirs[i])), 0);
      expect(worst).toBeLessThanOrEqual(3);
    }
  });

  it.each(['mkv', 'avi', 'm4v', 'mov', 'webm'])('is read from .%s, too', async (kind) => {
    const other = join(folder, `a.${kind}`);
    const codecs: Readonly<Record<string, string[]>> = { webm: ['libvpx', '-b:v', '1M'], avi: ['mpeg4', '-q:v', '2'] };
    spawnSync('ffmpeg', ['-v', 'error', '-i', numbered, '-c:v', ...(codecs[kind] ?? ['copy']), other]);
    const video = await readMedia(other, { from: 2, seconds: 0.5 });
    expect([video.frames.shape, moments(video)]).toEqual([[4, height, width, 3], from(16, 4)]);
  });

  it('of another kind than its name says is refused', async () => {
    const wrong = join(folder, 'wrong.avi');
    writeFileSync(wrong, Buffer.from('RIFF\0\0\0\0WEBPVP8 '));
    await expect(readMedia(wrong)).rejects.toThrow('is named .avi but is a WebP file, not a AVI file');
  });
});
