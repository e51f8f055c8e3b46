/** What a model is trained on: the toy world (toyworld/), or the videos and pictures of a folder (folder.ts). */

import type { HostTensor } from '../../array/host.ts';

export interface VideoBatch {
  /** (B, 3, T, H, W) in [−1, 1] */
  readonly video: HostTensor;
  /** (B, 1, T, H, W): how much of each pixel belongs to what matters most, 0 … 1. */
  readonly foreground: HostTensor;
}

export interface TrainingVideos {
  /** Tells these from others; the toy world is known by its seed. */
  readonly fingerprint?: string;
  /** Samples first … first + count − 1 of an endless list; one frame is a picture. */
  batch(first: number, count: number, frames: number): VideoBatch | Promise<VideoBatch>;
}

/** What a transformer is trained on. */
export interface CaptionedVideos extends TrainingVideos {
  /** How many different videos there are; the list goes on with the same ones. Endless unless given. */
  readonly videos?: number;
  /** Of video `index` of the list.  @throws FileError if there is none. */
  caption(index: number): string;
  /** All that it may be called, to draw among; the caption alone unless given. */
  captions?(index: number): readonly string[];
}
