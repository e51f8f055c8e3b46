/**
 * The quantizer in tokenizer training: the residual pyramid (Q4) with straight-through codes, so that gradients reach the
 * encoder, with stochastic depth (Q6) and the losses of Q7.
 *
 *     r = area(F − S),  u = r/‖r‖,  q̃ = u + sg(q − u)          q: the code of [u > 0]
 *     S ← S + m·trilinear(q̃)                                   m: 0 for samples that drop this scale, else 1
 *     losses: mean over the steps of Q7's
 *
 * for every repetition of every scale of every clip (P4), from S = 0. Dropping is decided per sample and is the same in
 * all its clips and repetitions. On a dropped scale there is nothing to decide, yet its losses count: a bit is as decided
 * as the residual says.
 *
 * Knowledge inheritance (Q8): this stands between any continuous encoder and decoder of this architecture and adds no
 * weights; training goes on with theirs.
 *
 * Paper §3.3. Official: multiscale_bsq_tp_absorb_patchify.py:MultiScaleBSQTP.forward.
 */

import { hostTensor } from '../array/host.ts';
import { stopGradient } from '../autograd/stop-gradient.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import { clipContexts } from '../pyramid/clips.ts';
import { expandSteps } from '../pyramid/repetition.ts';
import type { RepetitionConfig } from '../pyramid/repetition.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import { fromScale, toScale } from '../quantizer/change-width.ts';
import { codesAt, quantizerLosses } from '../quantizer/losses.ts';
import type { QuantizerLossConfig } from '../quantizer/losses.ts';
import { emptyCode, fullSize } from '../quantizer/running-code.ts';
import { vocabularyOf } from '../quantizer/vocabulary.ts';
import type { Quantizer } from '../quantizer/vocabulary.ts';

export interface QuantizedThrough {
  /** (B, C, T, H, W) */
  readonly codes: Tensor;
  /** Commitment and entropy, (1). */
  readonly loss: Tensor;
}

/**
 * @param features (B, C, T, H, W) of videos with this schedule.
 * @param dropped per sample, per scale of a clip: whether it is dropped; see `droppedScales`.
 */
export async function quantizeThrough(
  b: Backend,
  quantizer: Quantizer,
  schedule: Schedule,
  repetition: RepetitionConfig,
  features: Tensor,
  dropped: readonly (readonly boolean[])[],
  config: QuantizerLossConfig,
): Promise<QuantizedThrough> {
  const { scales, scalesPerClip } = schedule;
  const contexts = clipContexts(schedule);
  const steps = expandSteps(schedule, repetition);
  const clips: Tensor[] = []; // (B, C, t, H, W) each
  const losses: Tensor[] = []; // (1) each
  for (let clip = 0; clip * scalesPerClip < scales.length; clip++) {
    const { start, end } = contexts[clip * scalesPerClip];
    const result = await b.scope(`quantize clip${clip}`, async (s) => {
      const target = s.slice(features, 2, start, end); // (B, C, t, H, W)
      const own: Tensor[] = [];
      let code = emptyCode(s, quantizer, schedule, clip, features.shape[0]); // (B, C, t, H, W)
      for (const { si } of steps.filter((step) => contexts[step.si].clip === clip)) {
        const step = quantizeScale(s, quantizer, schedule, si, s.sub(target, code), config);
        const kept = Float32Array.from(dropped, (drops) => (drops[si % scalesPerClip] ? 0 : 1)); // (B)
        const share = kept.includes(0) ? s.mul(step.share, s.upload(hostTensor(kept, [kept.length, 1, 1, 1, 1]))) : step.share;
        code = s.add(code, share); // (B, C, t, H, W)
        own.push(step.loss);
      }
      return { code, own };
    });
    clips.push(result.code);
    losses.push(...result.own);
  }
  const sum = losses.reduce((total, loss) => b.add(total, loss));
  return { codes: b.concat(clips, 2), loss: b.affine(sum, 1 / losses.length) };
}

/** residual (B, C, t, H, W) → what the scale adds to the code, of the same shape. */
function quantizeScale(
  b: Backend,
  quantizer: Quantizer,
  schedule: Schedule,
  si: number,
  residual: Tensor,
  config: QuantizerLossConfig,
): { share: Tensor; loss: Tensor } {
  const [, h, w] = schedule.scales[si];
  const vocabulary = vocabularyOf(quantizer.config, schedule.scales[si]);
  const r = toScale(b, quantizer, vocabulary, residual, [h, w]); // (B, d, t, h, w)
  const u = b.l2Normalize(r, 1); // (B, d, t, h, w)
  const through = b.add(u, stopGradient(b, b.sub(codesAt(b, u), u))); // (B, d, t, h, w)
  const share = fromScale(b, quantizer, vocabulary, through, fullSize(schedule)); // (B, C, t, H, W)
  return { share, loss: quantizerLosses(b, r, config).total };
}
