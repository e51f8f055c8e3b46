/**
 * Forced bits from pixels: a picture (image to video) or the beginning of a video (continuation) is encoded and
 * quantized over the first clips of the schedule, with all their repetitions; these bits replace sampled ones.
 *
 *   1 frame → the image pyramid,   1 + 4·n frames → the image pyramid and the clips that make up n latent frames
 *
 * Source: InfinityStar §4; tools/infer_video_480p.py (gt_leak 14 or 28), schedules/infinity_elegant.py:video_encode.
 * Spec S9. The official tokenizer adds posterior noise here; the mean is taken unless noise is given.
 */

import type { HostTensor } from '../array/host.ts';
import type { HostBits } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import { ArgumentError } from '../errors.ts';
import { clipContexts } from '../pyramid/clips.ts';
import { expandSteps } from '../pyramid/repetition.ts';
import type { RepetitionConfig } from '../pyramid/repetition.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import { residualEncode } from '../quantizer/residual-encode.ts';
import type { Quantizer } from '../quantizer/vocabulary.ts';
import { encodeVideo } from '../tokenizer/encode.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { ForcedBits } from './request.ts';

export interface Condition {
  /** (1, C, t, H, W): what the tokenizer made of the pixels. */
  readonly features: Tensor;
  readonly forced: ForcedBits;
}

/**
 * @param video (1, 3, T, 16·H, 16·W) in [-1, 1].
 * @param noise of the tokenizer's posterior, (1, C, t, H, W).
 * @throws ArgumentError if the video does not end where a clip of the schedule does; ShapeError for a wrong size.
 */
export async function encodeCondition(
  b: Backend,
  tokenizer: Tokenizer,
  quantizer: Quantizer,
  schedule: Schedule,
  repetition: RepetitionConfig,
  video: HostTensor,
  noise?: HostTensor,
): Promise<Condition> {
  return b.scope('condition', async (b) => {
    const features = await encodeVideo(b, tokenizer, video, noise); // (1, C, t, H, W)
    const beginning = firstClips(schedule, features.shape[2]);
    // All repetitions are encoded, even if sampling executes fewer: bits are found by their real scale index.
    const { image_scale_repetition, video_scale_repetition } = repetition;
    const steps = expandSteps(beginning, { image_scale_repetition, video_scale_repetition });
    const encoding = await b.scope('quantize', (b) => residualEncode(b, quantizer, beginning, steps, features));
    const bits: HostBits[] = encoding.steps.map((step) => step.bits); // (1, t, h, w, d) each
    return { features, forced: { scales: beginning.scales.length, bits } };
  });
}

/** The clips of a schedule that cover its first `latents` frames. */
function firstClips({ scales, scalesPerClip }: Schedule, latents: number): Schedule {
  const ends = clipContexts({ scales, scalesPerClip }).map(({ end }) => end);
  const last = ends.lastIndexOf(latents);
  if (last < 0) {
    const lengths = [...new Set(ends)].join(' or ');
    throw new ArgumentError('video', `a length of ${lengths} latent frames, where a clip ends`, latents);
  }
  return { scales: scales.slice(0, last + 1), scalesPerClip };
}
