/**
 * Videos through the system's ffmpeg: frames come over a pipe as PPM pictures, which carry their size (after
 * any rotation); ffprobe tells the rate. No shell is involved and no other file is opened.
 */

import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { FileError, UnsupportedError } from '../errors.ts';
import type { Video } from './picture.ts';
import { MAX_VIDEO_BYTES, checkSize, videoOf } from './picture.ts';

/** Which part of a video is decoded: so many seconds at its beginning or end. */
export type VideoPart = { readonly first: number } | { readonly last: number };

/** The container: named, so that ffmpeg does not guess at formats that refer to other files. */
export type Container = 'mov' | 'matroska';

/**
 * @throws UnsupportedError if there is no ffmpeg.
 * @throws FileError if the file cannot be decoded or the part is too large to hold.
 */
export async function decodeVideo(path: string, container: Container, part?: VideoPart): Promise<Video> {
  const input = ['-protocol_whitelist', 'file', '-f', container];
  const url = `file:${resolve(path)}`;
  const rate = await probeRate(path, [...input, url]);
  const [numerator, denominator] = rate.split('/').map(Number) as [number, number];
  const fps = numerator / denominator;
  const limit = part !== undefined && 'first' in part ? ['-t', String(part.first)] : [];
  // Seeking from the end is not exact in every file: all is decoded, and as many frames kept.
  const reader = new PpmReader(path, part !== undefined && 'last' in part ? Math.ceil(part.last * fps) : Infinity);
  await run(path, 'ffmpeg', ['-v', 'error', '-nostdin', ...input, ...limit, '-i', url, '-map', '0:v:0', '-r', rate,
    '-f', 'image2pipe', '-c:v', 'ppm', '-pix_fmt', 'rgb24', 'pipe:1'], (chunk) => reader.push(chunk));
  const { frames, height, width } = reader.end();
  return videoOf(frames, height, width, fps);
}

/** The mean rate, as a fraction of integers. */
async function probeRate(path: string, input: readonly string[]): Promise<string> {
  const parts: Buffer[] = [];
  await run(path, 'ffprobe', ['-v', 'error', ...input, '-select_streams', 'v:0', '-show_entries',
    'stream=avg_frame_rate,r_frame_rate', '-of', 'default=noprint_wrappers=1'], (chunk) => parts.push(chunk));
  const text = Buffer.concat(parts).toString();
  const find = (key: string) => new RegExp(`^${key}=([1-9]\\d*/[1-9]\\d*)`, 'm').exec(text)?.[1];
  const rate = find('avg_frame_rate') ?? find('r_frame_rate');
  if (rate === undefined) throw new FileError(path, 'has no video, or one without a frame rate');
  return rate;
}

/** Runs a program to its end, or to the first error of `take`, which stops it. */
function run(path: string, program: string, options: readonly string[], take: (chunk: Buffer) => void): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(program, options, { stdio: ['ignore', 'pipe', 'pipe'] });
    let complaint = '';
    let failure: Error | undefined;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(0, 4096)));
    child.stdout.on('data', (chunk: Buffer) => {
      if (failure !== undefined) return;
      try {
        take(chunk);
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error));
        child.kill('SIGKILL');
      }
    });
    child.on('error', () => {
      const instead = 'install ffmpeg, or give a .gif, an .apng or a folder of numbered .png frames';
      fail(new UnsupportedError(`${path}: reading this kind of video needs the program '${program}'; ${instead}`));
    });
    child.on('close', (code) => {
      const reason = complaint.trim().split('\n')[0]?.replace(/^\[[^\]]*\]\s*/, '') ?? '';
      if (failure !== undefined) fail(failure);
      else if (code !== 0) fail(new FileError(path, `cannot be decoded as a video: ${reason || `${program} failed`}`));
      else done();
    });
  });
}

/** Cuts a stream of PPM pictures of one size ("P6\nwidth height\n255\n", then RGB) into frames. */
export class PpmReader {
  private readonly frames: Uint8Array[] = [];
  private head = Buffer.alloc(0);
  private size: readonly [number, number] = [0, 0];
  private current: Uint8Array | undefined;
  private filled = 0;

  /** @param keep how many frames are kept: the last ones. */
  constructor(
    private readonly path: string,
    private readonly keep: number,
  ) {}

  /** @throws FileError if the frames are too large or too many. */
  push(chunk: Uint8Array): void {
    for (let rest = chunk; rest.length > 0; ) {
      if (this.current === undefined) {
        rest = this.startFrame(rest);
        continue;
      }
      const part = rest.subarray(0, this.current.length - this.filled);
      this.current.set(part, this.filled);
      this.filled += part.length;
      rest = rest.subarray(part.length);
      if (this.filled === this.current.length) {
        this.frames.push(this.current);
        if (this.frames.length > this.keep) this.frames.shift();
        this.current = undefined;
      }
    }
  }

  end(): { frames: readonly Uint8Array[]; height: number; width: number } {
    if (this.current !== undefined || this.head.length > 0) throw new FileError(this.path, 'is truncated');
    if (this.frames.length === 0) throw new FileError(this.path, 'holds no frame in the wanted part');
    const [width, height] = this.size;
    return { frames: this.frames, height, width };
  }

  private startFrame(bytes: Uint8Array): Uint8Array {
    const before = this.head.length;
    this.head = Buffer.concat([this.head, bytes.subarray(0, 64)]);
    const match = /^P6\n(\d+) (\d+)\n255\n/.exec(this.head.toString('latin1'));
    if (match === null) {
      if (this.head.length > 64) throw new FileError(this.path, 'cannot be decoded: unexpected data from ffmpeg');
      return bytes.subarray(64);
    }
    const [width, height] = [Number(match[1]), Number(match[2])];
    checkSize(this.path, width, height);
    if (this.frames.length > 0 && (width !== this.size[0] || height !== this.size[1])) {
      throw new FileError(this.path, 'changes its size');
    }
    this.size = [width, height];
    if ((this.frames.length + 1) * width * height * 3 > MAX_VIDEO_BYTES) {
      throw new FileError(this.path, `has over ${this.frames.length} frames of ${width}×${height}: too long to hold`);
    }
    this.current = new Uint8Array(width * height * 3);
    this.filled = 0;
    this.head = Buffer.alloc(0);
    return bytes.subarray(match[0].length - before);
  }
}
