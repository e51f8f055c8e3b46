/**
 * The running code of a clip: the sum, at full size, of the codes of all its steps so far.
 *
 *     start       S = 0                                                   (B, C, t, H, W)
 *     one step    S ← S + trilinear(codes of the step's bits)             Q4, Q5, S6
 *     the network sees  area(S) at the size of the scale to come          Q4, S7
 *
 * Encoder, decoder and sampler share these three, and so agree to the last bit. t is the clip's own length.
 *
 * Spec Q4, Q5, S6, S7, S8. Paper §3.3, §3.4.
 * Official: schedules/infinity_elegant.py:video_encode_global_bsc, video_decode. There the
 * encoder accumulates the straight-through value at the last scale, the code up to rounding; here codes always.
 * The official option to start from noise (`noise_input`) is off in all released settings and left out.
 */

import type { HostBits } from '../array/host.ts';
import { hostZeros, sameShape } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import { ShapeError } from '../errors.ts';
import type { Scale, Size } from '../pyramid/scales.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import { fromScale } from './change-width.ts';
import { codesOf } from './codes.ts';
import type { Quantizer } from './vocabulary.ts';
import { vocabularyOf } from './vocabulary.ts';

/** Rows and columns of the features of a schedule: those of its last scale. */
export function fullSize(schedule: Schedule): Size {
  const [, h, w] = schedule.scales.at(-1)!;
  return [h, w];
}

/** What a clip starts from: zeros, (batch, C, t, H, W). */
export function emptyCode(b: Backend, quantizer: Quantizer, schedule: Schedule, clip: number, batch: number): Tensor {
  const [t] = schedule.scales[clip * schedule.scalesPerClip];
  return b.upload(hostZeros([batch, quantizer.channels, t, ...fullSize(schedule)]));
}

/**
 * The share of one step in the running code.
 * @param bits (B, t, h, w, width) of scale `si`.
 * @returns (B, C, t, H, W)
 * @throws ShapeError if the bits are not those of the scale.
 */
export function upsampledCodes(
  b: Backend,
  quantizer: Quantizer,
  schedule: Schedule,
  si: number,
  bits: HostBits,
): Tensor {
  const scale = schedule.scales[si];
  const vocabulary = vocabularyOf(quantizer.config, scale);
  const expected = [bits.shape[0], ...scale, vocabulary.width];
  if (!sameShape(bits.shape, expected)) {
    throw new ShapeError(`bits of scale ${si}`, `shape [B, ${expected.slice(1).join(', ')}]`, bits.shape);
  }
  const codes = codesOf(b, bits); // (B, width, t, h, w)
  return fromScale(b, quantizer, vocabulary, codes, fullSize(schedule)); // (B, C, t, H, W)
}

/** What the network is shown before a step at `scale`. (B, C, t, H, W) → (B, C, t, h, w) */
export function networkInput(b: Backend, code: Tensor, scale: Scale): Tensor {
  return b.resize(code, scale, 'area');
}
