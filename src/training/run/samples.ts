/** Pictures for a run's page: videos beside what a tokenizer makes of them, and videos that a transformer makes. */

import type { NdArray } from 'ndarray';
import type { HostTensor } from '../../array/host.ts';
import { contactSheet, framesEvenly } from '../../io/contact-sheet.ts';
import { toBytes } from '../../sampler/frames.ts';
import type { RunSample } from './page.ts';

/** Frames of each video that are shown. */
const SHOWN = 6;

/** Both (B, 3, T, H, W) in [−1, 1]; one sample each: a row of frames as given, below it a row as made. */
export function beforeAndAfter(given: HostTensor, made: HostTensor): RunSample[] {
  const both = [given, made].map((video) => toBytes(video, { smooth: false })); // (B, T, H, W, 3)
  return Array.from({ length: given.shape[0] }, (_, i) => {
    const rows = both.map((videos) => framesEvenly(videos.pick(i, null, null, null, null), SHOWN));
    return { caption: `held-out video ${i + 1}: above as given, below through the tokenizer`, picture: contactSheet(rows.flat(), rows[0].length) };
  });
}

/** A video as a row of frames. @param frames (T, H, W, 3) */
export function frameRow(caption: string, frames: NdArray<Uint8Array>): RunSample {
  return { caption, picture: contactSheet(framesEvenly(frames, SHOWN), SHOWN) };
}
