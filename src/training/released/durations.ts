/**
 * Videos of different lengths: each is taken for whole steps of `duration_resolution` seconds, and has the schedule of that.
 *
 *     t = ⌊seconds/r⌋·r,   frames = t·fps + 1
 *
 * Shorter than the shortest: left out; longer than the longest: cut, or left out.
 *
 * Official: dataset_joint_vi.py:get_meta.
 */

import type { Clip } from '../data/entries.ts';

/** Official names. */
export interface Durations {
  readonly duration_resolution: number;
  /** Frames at the model's rate; −1: no limit. */
  readonly min_video_frames: number;
  readonly video_frames: number;
  readonly drop_long_video: 0 | 1;
}

/** Seconds that count; undefined for a video that is left out. */
export function mappedSeconds({ begin, end, fps }: Clip, config: Durations, rate: number): number | undefined {
  const resolution = config.duration_resolution;
  const seconds = Math.floor((end - begin) / fps / resolution) * resolution;
  const [shortest, longest] = [config.min_video_frames, config.video_frames].map((frames) => Math.floor((frames - 1) / rate));
  if (seconds < shortest) return undefined;
  if (seconds <= longest) return seconds;
  return config.drop_long_video === 1 ? undefined : longest;
}
