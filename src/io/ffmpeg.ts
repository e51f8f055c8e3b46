/**
 * Videos through the system's ffmpeg: frames come over a pipe as PPM pictures, which carry their size (after
 * any rotation); ffprobe tells rate, length and size. Only the wanted part is decoded, and frames are resized before
 * they come. No shell is involved and no other file is opened.
 */

import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { FileError, UnsupportedError } from '../errors.ts';
import { coverSize } from './image-transform.ts';
import { readBudget } from './memory-budget.ts';
import type { Video } from './picture.ts';
import { MAX_PIXELS, MAX_VIDEO_BYTES, checkSize, videoOf } from './picture.ts';
import { PpmReader } from './ppm-reader.ts';

/** Which part of a video is decoded: so many seconds at its beginning, at its end or from a second on, or frames. */
export type VideoPart =
  | { readonly first: number }
  | { readonly last: number }
  | { readonly from: number; readonly seconds: number }
  | { readonly firstFrames: number };

/** The size that frames of a size are to have: resized to cover it, cropped in the middle. */
export type WantedSize = (height: number, width: number) => readonly [height: number, width: number];

/** The container: named, so that ffmpeg does not guess at formats that refer to other files. */
export type Container = 'mov' | 'matroska' | 'avi';

/** Frames a second; clocks that are taken for rates count thousands. */
const MAX_RATE = 1000;
/** Seconds that are decoded before the wanted ones of the end: the length that a file tells is not exact. */
const MARGIN = 1;

interface Probe {
  /** A fraction. */
  readonly rate: string;
  readonly fps: number;
  readonly height: number;
  readonly width: number;
  /** Seconds. */
  readonly duration: number | undefined;
}

/**
 * @throws UnsupportedError if there is no ffmpeg.
 * @throws FileError if the file cannot be decoded or the part is too large to hold.
 */
export async function decodeVideo(path: string, container: Container, part?: VideoPart, size?: WantedSize): Promise<Video> {
  const input = ['-protocol_whitelist', 'file', '-max_pixels', String(MAX_PIXELS), '-f', container];
  const url = `file:${resolve(path)}`;
  const probe = await probeVideo(path, [...input, url]);
  const last = part !== undefined && 'last' in part ? part.last : undefined;
  const keep = last === undefined ? Infinity : Math.ceil(last * probe.fps);
  const maxBytes = part === undefined ? readBudget((await stat(path)).size) : MAX_VIDEO_BYTES;
  const decode = async (limits: readonly string[]) => {
    const reader = new PpmReader(path, { keep, maxBytes });
    await run(path, 'ffmpeg', ['-v', 'error', '-nostdin', ...input, ...limits, '-i', url, '-map', '0:v:0', '-r', probe.rate,
      ...frameLimit(part), ...resizing(probe, size), '-f', 'image2pipe', '-c:v', 'ppm', '-pix_fmt', 'rgb24', 'pipe:1'],
    (chunk) => reader.push(chunk));
    return reader.end();
  };
  const limits = timeLimits(part, probe.duration);
  let decoded = await decode(limits);
  // Where the length was not what the file tells, all is decoded.
  if (last !== undefined && limits.length > 0 && decoded.frames.length < keep) decoded = await decode([]);
  const { frames, height, width } = decoded;
  if (frames.length === 0) {
    const length = probe.duration === undefined ? '' : `; it lasts ${Math.round(probe.duration * 100) / 100} s`;
    throw new FileError(path, `holds no frame in the wanted part${length}`);
  }
  const begin = part !== undefined && 'from' in part ? part.from : 0;
  return { ...videoOf(frames, height, width, probe.fps), duration: probe.duration ?? begin + frames.length / probe.fps };
}

function timeLimits(part: VideoPart | undefined, duration: number | undefined): string[] {
  if (part === undefined || 'firstFrames' in part) return [];
  if ('first' in part) return ['-t', String(part.first)];
  if ('from' in part) return ['-ss', String(part.from), '-t', String(part.seconds)];
  const start = (duration ?? 0) - part.last - MARGIN;
  return start > 0 ? ['-ss', String(start)] : [];
}

function frameLimit(part: VideoPart | undefined): string[] {
  return part !== undefined && 'firstFrames' in part ? ['-frames:v', String(part.firstFrames)] : [];
}

/** As image-transform.ts does it, by ffmpeg's Lanczos. */
function resizing(probe: Probe, size: WantedSize | undefined): string[] {
  if (size === undefined) return [];
  const [height, width] = size(probe.height, probe.width);
  const whole = coverSize(probe.height, probe.width, height, width);
  checkSize('the resized video', whole.width, whole.height);
  const scale = `scale=${whole.width}:${whole.height}:flags=lanczos+accurate_rnd+full_chroma_int+full_chroma_inp`;
  return ['-vf', `${scale},crop=${width}:${height}`];
}

/** The mean rate as a fraction of integers, the size as it is shown, the length. */
async function probeVideo(path: string, input: readonly string[]): Promise<Probe> {
  const parts: Buffer[] = [];
  await run(path, 'ffprobe', ['-v', 'error', ...input, '-select_streams', 'v:0', '-show_entries',
    'stream=avg_frame_rate,r_frame_rate,width,height,duration:stream_side_data=rotation:format=duration',
    '-of', 'default=noprint_wrappers=1'], (chunk) => parts.push(chunk));
  const text = Buffer.concat(parts).toString();
  const find = (key: string, form: string) => new RegExp(`^${key}=(${form})`, 'm').exec(text)?.[1];
  const fraction = '[1-9]\\d*/[1-9]\\d*';
  const rate = find('avg_frame_rate', fraction) ?? find('r_frame_rate', fraction);
  const [width, height] = [Number(find('width', '\\d+')), Number(find('height', '\\d+'))];
  if (rate === undefined || !(width > 0 && height > 0)) throw new FileError(path, 'has no video, or one without a frame rate');
  checkSize(path, width, height);
  const [numerator, denominator] = rate.split('/').map(Number) as [number, number];
  const fps = numerator / denominator;
  if (fps > MAX_RATE) throw new FileError(path, `claims ${Math.round(fps)} frames a second; at most ${MAX_RATE} are read`);
  const turned = Math.abs(Number(find('rotation', '-?\\d+') ?? 0)) % 180 === 90;
  const duration = Number(find('duration', '[\\d.]+'));
  const shown = turned ? { height: width, width: height } : { height, width };
  return { rate, fps, ...shown, duration: duration > 0 ? duration : undefined };
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
