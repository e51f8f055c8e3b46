/**
 * Interactive generation (InfinityStar-Interact): clip by clip, each with its own prompt, conditioned on the clip
 * before it by two extra segments that every scale sees besides the text:
 *
 *   semantic   the former clip's N latent frames (1 … N), each area-downsampled to the size of a small scale,
 *              time positions 1 … N, scale position 800
 *   detail     the very first frame and frames N−1 and N of the former clip, at full size,
 *              time positions 0, N−1, N, scale position 801
 *
 * The new clip takes time positions 0 … N−1. It is decoded together with the former clip, so that the causal decoder
 * has a past, and the new frames are cut out. Handed on to the next call are the last N+1 latent frames: the former
 * clip's last one and the new ones.
 *
 * Source: models/infinity.py:ar_infer_infinity_star_interact (mode second_v_clip), tools/infer_interact_480p.py.
 * Spec S11. The first clip (mode first_iv_clip) is ordinary sampling or comes from a video.
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import type { RepetitionConfig } from '../pyramid/repetition.ts';
import { framesOfLatents, scheduleFrom } from '../pyramid/schedule.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import type { Quantizer } from '../quantizer/vocabulary.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { Transformer } from '../transformer/transformer.ts';
import { decodeFrames } from './frames.ts';
import type { FrameOptions, Frames } from './frames.ts';
import type { SampleRequest, VisualCondition } from './request.ts';
import { sampleCodes } from './sample.ts';
import type { OnStep } from './sample.ts';
import type { Uniforms } from './uniforms.ts';

/** Scale positions of the two conditions, beyond those of any step. */
const SEMANTIC_POSITION = 800;
const DETAIL_POSITION = 801;

export interface FormerClip {
  /** (B, C, N+1, H, W), B = 1 in sampling: one frame before the former clip, then its N frames. */
  readonly features: Tensor;
  /** (B, C, 1, H, W): the first frame of the whole story. */
  readonly firstFrame: Tensor;
}

export interface InteractSettings {
  /** Index, in the clip, of the scale to whose size the former clip is reduced. */
  readonly semanticScale: number;
  /** Frames of the former clip, 0 … N−1, seen at full size; released: the last two. */
  readonly detailFrames: readonly number[];
}

/**
 * The two conditions; the scope of `b` owns the tensors made for them.
 * @throws ShapeError or ArgumentError if the former clip or the settings do not fit.
 */
export function formerClipConditions(
  b: Backend,
  { features, firstFrame }: FormerClip,
  schedule: Schedule,
  { semanticScale, detailFrames }: InteractSettings,
): VisualCondition[] {
  const count = features.shape[2] - 1; // N
  if (count < 1) throw new ShapeError('former.features', 'at least two latent frames', features.shape);
  const size = schedule.scales[semanticScale];
  if (size === undefined) {
    throw new ArgumentError('semanticScale', `an index of ${schedule.scales.length} scales`, semanticScale);
  }
  const wrong = detailFrames.find((frame) => !(Number.isInteger(frame) && frame >= 0 && frame < count));
  if (wrong !== undefined) {
    throw new ArgumentError('detailFrames', `frames 0 to ${count - 1} of the former clip`, wrong);
  }

  const clip = b.slice(features, 2, 1, count + 1); // (1, C, N, H, W)
  const reduced = b.resize(clip, [count, size[1], size[2]], 'area'); // (1, C, N, h, w)
  const details = detailFrames.map((frame) => b.slice(clip, 2, frame, frame + 1)); // (1, C, 1, H, W) each
  return [
    {
      name: 'semantic',
      features: reduced,
      frames: Array.from({ length: count }, (_, i) => i + 1),
      realSi: SEMANTIC_POSITION,
    },
    {
      name: 'detail',
      features: b.concat([firstFrame, ...details], 2), // (1, C, 1 + details, H, W)
      frames: [0, ...detailFrames.map((frame) => frame + 1)],
      realSi: DETAIL_POSITION,
    },
  ];
}

/** The new clip takes the place of the image pyramid … */
export function nextClipSchedule({ scales, scalesPerClip }: Schedule): Schedule {
  return scheduleFrom(scales.slice(scalesPerClip, 2 * scalesPerClip), scalesPerClip);
}

/** … but it is a clip: a clip's repetitions hold. */
export function nextClipRepetition<T extends RepetitionConfig>(repetition: T): T {
  return { ...repetition, image_scale_repetition: repetition.video_scale_repetition };
}

/** A new clip and what the next one needs. */
export interface NextClip {
  /** (1, C, t, H, W): the new clip alone. */
  readonly codes: Tensor;
  /** (1, C, N+1, H, W): the former features of the next call. */
  readonly features: Tensor;
}

/**
 * Samples a clip that follows on a former one.
 * @param request with a schedule of the new clip alone; its prompt may differ from the former one's.
 * @throws ArgumentError or ShapeError as `sampleCodes` and `formerClipConditions`.
 */
export async function sampleNextClip(
  b: Backend,
  model: Transformer,
  quantizer: Quantizer,
  request: SampleRequest,
  former: FormerClip,
  settings: InteractSettings,
  uniforms: Uniforms,
  onStep?: OnStep,
): Promise<NextClip> {
  return b.scope('interact', async (b) => {
    const conditions = formerClipConditions(b, former, request.schedule, settings);
    const conditioned = { ...request, conditions };
    const codes = await sampleCodes(b, model, quantizer, conditioned, uniforms, onStep); // (1, C, t, H, W)
    const all = b.concat([former.features, codes], 2); // (1, C, N+1+t, H, W)
    const total = all.shape[2];
    return { codes, features: b.slice(all, 2, total - former.features.shape[2], total) }; // (1, C, N+1, H, W)
  });
}

/** Decodes the N former latent frames and the new clip together, and yields the 4·t frames of the new one. */
export async function* decodeNextClip(
  b: Backend,
  tokenizer: Tokenizer,
  former: FormerClip,
  codes: Tensor,
  options: Pick<FrameOptions, 'channels' | 'bf16'> = {},
): AsyncGenerator<Frames> {
  const count = former.features.shape[2] - 1; // N
  const both = await b.scope('join', (b) => {
    return Promise.resolve(b.concat([b.slice(former.features, 2, 1, count + 1), codes], 2)); // (1, C, N+t, H, W)
  });
  try {
    yield* decodeFrames(b, tokenizer, both, { ...options, from: framesOfLatents(count) });
  } finally {
    b.free(both);
  }
}
