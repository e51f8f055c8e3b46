/** The video that a command goes on from: no more of it is read than the model takes, and what is taken is said. */

import { Option } from 'commander';
import { ArgumentError } from '../errors.ts';
import type { Video } from '../io/picture.ts';
import { readMedia } from '../io/read-media.ts';
import type { ScheduleConfig } from '../model/config.ts';
import { defaultFrames, pixelSize, planSchedule } from '../pipeline/plan.ts';
import { numberAbove } from './options.ts';

/** What a command takes of a video. */
export interface StartWanted {
  readonly config: ScheduleConfig;
  /** Frames at the model's rate, at most. */
  readonly frames: number;
  readonly ratio: number | undefined;
  /** Seconds; the end is taken unless given. */
  readonly startAt: number | undefined;
  /** Frames of the file's own size: resizing is left to the model's own. */
  readonly asReleased: boolean;
}

export interface StartVideo {
  readonly start: Video;
  /** Seconds from the beginning of `start`. */
  readonly startAt?: number;
}

export function startAtOption(): Option {
  return new Option('--start-at <seconds>', 'where in the video the part begins that is gone on from (default: its end is taken)')
    .argParser(numberAbove(0, true));
}

/** @throws ArgumentError if it is a picture. @throws FileError as readMedia. */
export async function readStartVideo(path: string, option: string, wanted: StartWanted): Promise<StartVideo> {
  const { config, frames, ratio, startAt, asReleased } = wanted;
  const seconds = frames / config.fps;
  const size = (height: number, width: number) => pixelSize(planSchedule(config, defaultFrames(config), ratio ?? height / width));
  const part = startAt === undefined ? { last: seconds } : { from: startAt, seconds };
  const start = await readMedia(path, part, asReleased ? undefined : size);
  if (start.frames.shape[0] === 1) throw new ArgumentError(option, 'a video (for a picture: --from-image)', path);
  if (startAt === undefined) return { start };
  // What ffmpeg read begins there.
  return { start, startAt: start.duration === undefined ? startAt : 0 };
}

/** One line, if a video is longer than what is taken of it. */
export function startNotice(path: string, start: Video, fps: number, taken: number, startAt?: number): string | undefined {
  const whole = start.duration ?? start.frames.shape[0] / (start.fps ?? fps);
  const used = (taken - 1) / fps;
  if (whole < used + 1.5 / fps) return undefined;
  const part = startAt === undefined ? `its last ${round(used)} s` : `seconds ${round(startAt)} to ${round(startAt + used)}`;
  const other = startAt === undefined ? ' (--start-at chooses another place)' : '';
  return `${path} lasts ${round(whole)} s; the video goes on from ${part}${other}`;
}

function round(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}
