/**
 * One line of a training set as model input: a picture, or F frames of a video at the model's rate from `begin_frame_id`
 * on (io/select-frames.ts), resized and cropped to the model's size (io/image-transform.ts).
 *
 * A video must reach to the end of its window, give or take 0.2 s.
 *
 * Official: dataset_joint_vi.py:prepare_video_input, prepare_image_input.
 */

import type { NdArray } from 'ndarray';
import type { HostTensor } from '../../array/host.ts';
import { FileError, InfinityStarError } from '../../errors.ts';
import { transformFrames } from '../../io/image-transform.ts';
import type { Video } from '../../io/picture.ts';
import { readMedia } from '../../io/read-media.ts';
import { selectFrames } from '../../io/select-frames.ts';
import type { Clip, Entry } from './entries.ts';

/** What the model takes. */
export interface InputForm {
  readonly height: number;
  readonly width: number;
  /** Frames a second. */
  readonly rate: number;
}

/** Seconds. */
const MARGIN = 0.2;

/**
 * @param path where the entry's file lies.
 * @returns (1, 3, T, H, W) in [−1, 1]
 * @throws FileError naming the line, the file and what is wrong with it.
 */
export async function readEntry(entry: Entry, path: string, frames: number, form: InputForm): Promise<HostTensor> {
  const { height, width, rate } = form;
  return transformFrames(await readFrames(entry, path, frames, rate), height, width); // (1, 3, T, H, W)
}

/** The same frames as they are, (T, H₀, W₀, 3). @throws FileError as `readEntry`. */
export async function readFrames(
  { clip, where }: Entry, path: string, frames: number, rate: number,
): Promise<NdArray<Uint8Array>> {
  try {
    // A second more than needed: rates are rounded, and the first frame need not be at time 0.
    const window = (frames - 1) / rate; // seconds
    const video = await readMedia(path, { first: clip === undefined ? 1 : clip.begin / clip.fps + window + 1 });
    const part = clip === undefined ? video : partOf(video, clip, window, path);
    return selectFrames(part, frames, rate, 'start'); // (T, H₀, W₀, 3)
  } catch (cause) {
    throw cause instanceof InfinityStarError ? new FileError(where, cause.message, { cause }) : cause;
  }
}

/** All frames of a loop, at the model's rate: (1, 3, n, H, W) in [−1, 1].  @throws FileError as `readEntry`. */
export function readLoop(entry: Entry, path: string, form: InputForm): Promise<HostTensor> {
  const { begin, end, fps } = entry.clip!;
  return readEntry(entry, path, Math.max(1, Math.round(((end - begin) / fps) * form.rate)), form);
}

function partOf(video: Video, { begin, end, fps }: Clip, window: number, path: string): Video {
  const count = video.frames.shape[0];
  if (video.fps !== null && Math.abs(video.fps / fps - 1) > 0.01) {
    throw new FileError(path, `has ${round(video.fps)} frames a second, its line says ${fps}`);
  }
  if (begin >= count || count / fps + MARGIN < begin / fps + window) {
    throw new FileError(path, `has ${count} frames; from frame ${begin} on ${round(window)} seconds at ${fps} a second are needed`);
  }
  return { frames: video.frames.lo(begin).hi(Math.min(end, count) - begin), fps };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
