/**
 * The paper's Fig. 6: how good reconstructions are when only the first n scales of every clip are kept, n = 1 … K. A
 * tokenizer that was trained with stochastic quantizer depth (Q6) keeps more of the picture in the early scales.
 *
 *     PSNR(n) = mean over the videos of PSNR(video, decode(bits of scales 1 … n of every clip))
 *
 * Each scale is encoded with all its repetitions, as in the tokenizer's training and in sampling.
 *
 * Paper §3.3, Fig. 6; spec Q4–Q6.
 */

import { hostTensor, rowMajor } from '../array/host.ts';
import type { HostTensor } from '../array/host.ts';
import type { Backend } from '../backend/backend.ts';
import { expandSteps } from '../pyramid/repetition.ts';
import type { RepetitionConfig } from '../pyramid/repetition.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import { residualDecode } from '../quantizer/residual-decode.ts';
import { residualEncode } from '../quantizer/residual-encode.ts';
import type { Quantizer } from '../quantizer/vocabulary.ts';
import { collectFrames, decodeFrames, toBytes } from '../sampler/frames.ts';
import { encodeVideo } from '../tokenizer/encode.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { psnr } from './psnr.ts';

/**
 * @param videos (N, 3, T, H, W) in [−1, 1], of this schedule.
 * @returns decibels for n = 1 … K scales of every clip.
 */
export async function psnrOfScalesKept(
  b: Backend,
  tokenizer: Tokenizer,
  quantizer: Quantizer,
  schedule: Schedule,
  repetition: RepetitionConfig,
  videos: HostTensor,
): Promise<number[]> {
  const [count, ...shape] = videos.shape;
  const size = videos.data.length / count;
  const sums = new Array<number>(schedule.scalesPerClip).fill(0);
  for (let i = 0; i < count; i++) {
    const video = hostTensor(rowMajor(videos).subarray(i * size, (i + 1) * size), [1, ...shape]); // (1, 3, T, H, W)
    const values = await b.scope('scales kept', (inner) => psnrOfVideo(inner, tokenizer, quantizer, schedule, repetition, video));
    values.forEach((value, n) => (sums[n] += value));
  }
  return sums.map((sum) => sum / count);
}

async function psnrOfVideo(
  b: Backend,
  tokenizer: Tokenizer,
  quantizer: Quantizer,
  schedule: Schedule,
  repetition: RepetitionConfig,
  video: HostTensor,
): Promise<number[]> {
  const features = await encodeVideo(b, tokenizer, video); // (1, C, t, h, w)
  const { steps } = await residualEncode(b, quantizer, schedule, expandSteps(schedule, repetition), features);
  const original = toBytes(video, { smooth: false }); // (1, T, H, W, 3)
  const values: number[] = [];
  for (let kept = 1; kept <= schedule.scalesPerClip; kept++) {
    values.push(await b.scope(`keep ${kept}`, async (inner) => {
      const own = steps.filter(({ si }) => si % schedule.scalesPerClip < kept);
      const codes = await residualDecode(inner, quantizer, schedule, own); // (1, C, t, h, w)
      return psnr(original, await collectFrames(decodeFrames(inner, tokenizer, codes, { smooth: false })));
    }));
  }
  return values;
}
