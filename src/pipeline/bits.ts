/**
 * Frames to bits and bits to frames: the tokenizer with its quantizer, both ways, for whoever wants to look at the bits in
 * between or to change some. Spec V9, Q4 and Q5, V10.
 */

import type { NdArray } from 'ndarray';
import type { HostTensor } from '../array/host.ts';
import { transformFrames } from '../io/image-transform.ts';
import type { Video } from '../io/picture.ts';
import type { Model } from '../model/open.ts';
import { expandSteps } from '../pyramid/repetition.ts';
import type { Step } from '../pyramid/repetition.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import { residualDecode } from '../quantizer/residual-decode.ts';
import type { StepBits } from '../quantizer/residual-decode.ts';
import { residualEncode } from '../quantizer/residual-encode.ts';
import { collectFrames, decodeFrames, toBytes } from '../sampler/frames.ts';
import { encodeVideo } from '../tokenizer/encode.ts';
import { withoutBatch } from './generate.ts';
import { pixelSize } from './plan.ts';

/** What the tokenizer sees of frames (T, H₀, W₀, 3): (1, 3, T, H, W) in [−1, 1]; and the same as bytes (T, H, W, 3). */
export function tokenizerInput(schedule: Schedule, frames: Video['frames']): { target: HostTensor; original: NdArray<Uint8Array> } {
  const [height, width] = pixelSize(schedule);
  const target = transformFrames(frames, height, width); // (1, 3, T, H, W)
  return { target, original: withoutBatch(toBytes(target, { smooth: false })) };
}

/** The bits of every repetition of every scale. @param target (1, 3, T, H, W) in [−1, 1], of the schedule's length and size. */
export async function encodeBits(model: Model, schedule: Schedule, target: HostTensor): Promise<(Step & StepBits)[]> {
  return model.backend.scope('encode', async (b) => {
    const features = await encodeVideo(b, model.tokenizer, target); // (1, C, t, h, w)
    const steps = expandSteps(schedule, model.config.sampling);
    const encoding = await residualEncode(b, model.quantizer, schedule, steps, features);
    return encoding.steps.map(({ si, repeat, realSi, last, bits }) => ({ si, repeat, realSi, last, bits }));
  });
}

export interface DecodeBitsOptions {
  /** Only the first scales of the schedule; all unless given. */
  readonly scales?: number;
  /** As released: frame 0 of a video is overwritten by frame 1; not unless given. */
  readonly smooth?: boolean;
}

/**
 * (T, H, W, 3)
 * @param steps in any number a scale; clips that have begun need one.
 * @throws ArgumentError or ShapeError if bits do not fit the schedule.
 */
export async function decodeBits(
  model: Model, schedule: Schedule, steps: readonly StepBits[], { scales, smooth = false }: DecodeBitsOptions = {},
): Promise<NdArray<Uint8Array>> {
  return model.backend.scope('decode', async (b) => {
    const codes = await residualDecode(b, model.quantizer, schedule, steps, scales); // (1, C, t, h, w)
    return withoutBatch(await collectFrames(decodeFrames(b, model.tokenizer, codes, { smooth, bf16: model.precision === 'official' })));
  });
}
