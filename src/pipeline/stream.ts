/**
 * A generation as an async iterator: each step when it is done, then the frames while they are decoded, chunk by chunk. Nothing
 * goes on until the next value is asked for, and leaving the loop ends the generation.
 */

import type { NdArray } from 'ndarray';
import type { Backend } from '../backend/backend.ts';
import { handoff } from '../handoff.ts';
import type { Video } from '../io/picture.ts';
import type { Model } from '../model/open.ts';
import type { StepReport } from '../sampler/sample.ts';
import { generateVideo } from './generate.ts';
import type { GenerateRequest } from './generate.ts';

/** A finished step; its `code` may be read from `b` until the next value is asked for. */
export interface StepNews {
  readonly kind: 'step';
  readonly step: StepReport;
  readonly b: Backend;
}

/** Frames that have been decoded. */
export interface FrameNews {
  readonly kind: 'frames';
  /** (Tᵢ, H, W, 3) */
  readonly frames: NdArray<Uint8Array>;
  /** Number of the first of them in the video, from 0. */
  readonly first: number;
}

export type GenerationNews = StepNews | FrameNews;

/**
 * @returns the whole video, when there are no more news.
 * @throws InfinityStarError as generateVideo.
 */
export async function* streamVideo(model: Model, request: GenerateRequest): AsyncGenerator<GenerationNews, Video> {
  const left = new AbortController();
  const signal = request.signal === undefined ? left.signal : AbortSignal.any([request.signal, left.signal]);
  return yield* handoff<GenerationNews, Video>((tell) => generateVideo(model, {
    ...request,
    signal,
    onStep: async (step, b) => {
      await request.onStep?.(step, b);
      await tell({ kind: 'step', step, b });
    },
    onFrames: async (frames, first) => {
      await request.onFrames?.(frames, first);
      await tell({ kind: 'frames', frames, first });
    },
  }), () => left.abort(new DOMException('nobody takes what is generated', 'AbortError')));
}
