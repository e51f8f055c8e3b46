/**
 * Which frames of a video with another rate become the model's frames:
 * indices ⌊linspace(⌈fps·start⌉, min(⌈fps·end⌉, count) − 1, F)⌋ for a window of (F − 1)/rate seconds.
 *
 * Official: infinity/utils/video_decoder.py `get_clip`, called for [0, 5] and [duration − 5, duration] with
 * F = 81 and a rate of 16. As there, a video shorter than the window is stretched over it. Unlike there, a video
 * at the model's own rate gives its frames one by one: the official window ends before the frame at `end`, so
 * that of exactly F frames the last would be lost to a repetition; `released` keeps that too.
 */

import type { NdArray } from 'ndarray';
import { hostTensor, rowMajor } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';
import type { Video } from './picture.ts';

/**
 * The `frames` indices among `count` frames at `fps` that make a video of `rate`, from its beginning or end.
 * @param released a video at `rate` goes through the official window too.
 * @throws ArgumentError if a number makes no sense.
 */
export function frameIndices(
  count: number,
  fps: number,
  frames: number,
  rate: number,
  from: 'start' | 'end',
  released = false,
): number[] {
  if (!(fps > 0 && fps < Infinity)) throw new ArgumentError('fps', 'a positive rate', fps);
  if (!Number.isInteger(count) || count < 1) throw new ArgumentError('count', 'at least one frame', count);
  if (!Number.isInteger(frames) || frames < 1) throw new ArgumentError('frames', 'a positive integer', frames);
  if (!released && fps === rate && count >= frames) {
    const first = from === 'start' ? 0 : count - frames;
    return Array.from({ length: frames }, (_, i) => first + i);
  }
  const window = (frames - 1) / rate;
  const duration = count / fps;
  const startSecond = from === 'start' ? 0 : Math.max(duration - window, 0);
  const first = Math.min(Math.ceil(fps * startSecond), count - 1);
  const last = Math.max(Math.min(Math.ceil(fps * (startSecond + window)), count) - 1, first);
  const step = frames > 1 ? (last - first) / (frames - 1) : 0;
  return Array.from({ length: frames }, (_, i) => (i > 0 && i === frames - 1 ? last : Math.floor(i * step + first)));
}

/** The frames of a video from a second on. @throws ArgumentError if it does not last so long. */
export function framesFrom(video: Video, second: number, rate: number): Video {
  const count = video.frames.shape[0];
  const fps = video.fps ?? rate;
  const first = Math.ceil(second * fps - 1e-6); // seconds are rounded
  if (!(first >= 0 && first < count)) {
    throw new ArgumentError('startAt', `a second from 0 to ${Math.floor(((count - 1) / fps) * 100) / 100}, where the video ends`, second);
  }
  return withoutFirst(video, first);
}

/** The video without its first `count` frames. */
export function withoutFirst(video: Video, count: number): Video {
  const [all, height, width] = video.frames.shape as [number, number, number, number];
  const frames = rowMajor(video.frames).subarray(count * height * width * 3); // (T − count, H, W, 3)
  return { ...video, frames: hostTensor(frames, [all - count, height, width, 3]) };
}

/** `frames` frames of a video at the model's `rate`; a video without a rate is taken to have that one. */
export function selectFrames(
  video: Video,
  frames: number,
  rate: number,
  from: 'start' | 'end',
  released = false,
): NdArray<Uint8Array> {
  const [count, height, width] = video.frames.shape as [number, number, number, number];
  const source = rowMajor(video.frames); // (T, H, W, 3)
  const size = height * width * 3;
  const out = new Uint8Array(frames * size); // (F, H, W, 3)
  frameIndices(count, video.fps ?? rate, frames, rate, from, released).forEach((t, i) => {
    out.set(source.subarray(t * size, (t + 1) * size), i * size);
  });
  return hostTensor(out, [frames, height, width, 3]);
}
