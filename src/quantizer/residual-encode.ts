/**
 * Spec Q4: residual pyramid encoding.
 *
 * For each clip, with target F (its frames of the features) and running code S = 0, at every step k (a repetition
 * of a scale of size h × w):
 *
 *     input_k    = area(S)                                what the transformer sees      (B, C, t, h, w)
 *     residual_k = area(F − S), changed to the width d of the scale's vocabulary (Q3)    (B, d, t, h, w)
 *     bits_k     = sign bits of residual_k (Q1)                                          (B, t, h, w, d)
 *     S          ← S + trilinear(codes of bits_k)                                        (B, C, t, H, W)
 *
 * In transformer training the codes are those of bits with errors (L1), so that all later residuals and inputs know
 * of them, while the labels `bits` of the step stay true.
 *
 * With inner_scale_boost, from the second repetition of a scale on, residual_k = residual_{k−1} − codes of bits_{k−1}: what
 * the quantizer itself left over, without the way up and down between.
 *
 * Paper §3.3. Official: schedules/infinity_elegant.py:video_encode_global_bsc. The official start frame of a clip
 * supposes whole clips; here clips may have any lengths.
 */

import type { HostBits } from '../array/host.ts';
import { sameShape } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import { ShapeError } from '../errors.ts';
import { clipContexts } from '../pyramid/clips.ts';
import type { Step } from '../pyramid/repetition.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import { quantize } from './bsq.ts';
import { toScale } from './change-width.ts';
import { codesOf } from './codes.ts';
import { emptyCode, fullSize, networkInput, upsampledCodes } from './running-code.ts';
import type { Quantizer } from './vocabulary.ts';
import { vocabularyOf } from './vocabulary.ts';

export interface EncodeOptions {
  /** L1: the bits to accumulate in place of the true ones. Not asked at the schedule's last scale. */
  readonly corrupt?: (bits: HostBits, step: Step) => HostBits;
  /** 0: the true bits are accumulated all the same (noise_apply_requant). */
  readonly requant?: 0 | 1;
  /** 1: the residual of a repetition is what the one before left over (inner_scale_boost). */
  readonly boost?: 0 | 1;
  /** Which steps keep `input` and `residual` in the result; without it none. */
  readonly keepTensors?: (step: Step) => boolean;
}

export interface EncodedStep extends Step {
  /** (B, t, h, w, d), the labels. */
  readonly bits: HostBits;
  /** (B, t, h, w, d): `bits`, or what `corrupt` made of them. */
  readonly corrupted: HostBits;
  /** (B, t, h, w, d), what was accumulated: `corrupted`, or `bits` without `requant`. */
  readonly accumulated: HostBits;
  /** (B, C, t, h, w) */
  readonly input?: Tensor;
  /** (B, d, t, h, w) */
  readonly residual?: Tensor;
}

export interface Encoding {
  readonly steps: readonly EncodedStep[];
  /** (B, C, T, H, W): the sum of all accumulated codes, clip after clip. */
  readonly codes: Tensor;
}

/**
 * @param features (B, C, T, H, W), T the sum of the clips' lengths and (H, W) the size of the last scale.
 * @param steps in order, see `expandSteps`. Scales left out (Q6, or a sequence cut short) have no bits and add
 * nothing; a clip without steps has no codes either.
 * @throws ShapeError if the features do not fit the schedule.
 */
export async function residualEncode(
  b: Backend,
  quantizer: Quantizer,
  schedule: Schedule,
  steps: readonly Step[],
  features: Tensor,
  options: EncodeOptions = {},
): Promise<Encoding> {
  const contexts = clipContexts(schedule);
  checkFeatures(features, [quantizer.channels, contexts.at(-1)!.end, ...fullSize(schedule)]);
  const encoded: EncodedStep[] = [];
  const codes: Tensor[] = []; // (B, C, t, H, W) each
  for (let clip = 0; clip < schedule.scales.length / schedule.scalesPerClip; clip++) {
    const { start, end } = contexts[clip * schedule.scalesPerClip];
    const own = steps.filter(({ si }) => contexts[si].clip === clip);
    if (own.length === 0) continue;
    const result = await b.scope(`clip${clip}`, (inner) => {
      const target = inner.slice(features, 2, start, end); // (B, C, t, H, W)
      const empty = emptyCode(inner, quantizer, schedule, clip, features.shape[0]); // (B, C, t, H, W)
      return encodeClip(inner, quantizer, schedule, own, target, empty, options);
    });
    encoded.push(...result.steps);
    codes.push(result.codes);
  }
  return { steps: encoded, codes: b.concat(codes, 2) };
}

async function encodeClip(
  b: Backend,
  quantizer: Quantizer,
  schedule: Schedule,
  steps: readonly Step[],
  target: Tensor, // (B, C, t, H, W)
  start: Tensor, // (B, C, t, H, W)
  options: EncodeOptions,
): Promise<Encoding> {
  const encoded: EncodedStep[] = [];
  let code = start;
  let left: Tensor | undefined; // (B, d, t, h, w)
  for (const step of steps) {
    const boosted = step.repeat > 0 ? left : undefined;
    const { code: next, left: after, ...rest } = await b.scope(`step${step.realSi}`, (inner) =>
      encodeStep(inner, quantizer, schedule, step, target, code, options, boosted),
    );
    b.free(code);
    [code, left] = [next, after];
    encoded.push({ ...step, ...rest });
  }
  return { steps: encoded, codes: code };
}

async function encodeStep(
  b: Backend,
  quantizer: Quantizer,
  schedule: Schedule,
  step: Step,
  target: Tensor, // (B, C, t, H, W)
  code: Tensor, // (B, C, t, H, W)
  { corrupt, requant = 1, boost = 0, keepTensors }: EncodeOptions,
  boosted: Tensor | undefined, // (B, d, t, h, w)
): Promise<Omit<EncodedStep, keyof Step> & { readonly code: Tensor; readonly left?: Tensor }> {
  const scale = schedule.scales[step.si];
  const vocabulary = vocabularyOf(quantizer.config, scale);
  const [, h, w] = scale;
  const residual = boosted ?? await b.scope('residual', (inner) =>
    Promise.resolve(toScale(inner, quantizer, vocabulary, inner.sub(target, code), [h, w])),
  ); // (B, d, t, h, w)
  const bits = await quantize(b, residual); // (B, t, h, w, d)
  const isLast = step.si === schedule.scales.length - 1;
  const corrupted = corrupt === undefined || isLast ? bits : corrupt(bits, step);
  const accumulated = requant === 1 ? corrupted : bits;
  const next = b.add(code, upsampledCodes(b, quantizer, schedule, step.si, accumulated)); // (B, C, t, H, W)
  const kept = keepTensors?.(step) === true ? { input: networkInput(b, code, scale), residual } : {};
  const left = boost === 1 ? { left: b.sub(residual, codesOf(b, accumulated)) } : {}; // (B, d, t, h, w)
  return { bits, corrupted, accumulated, code: next, ...left, ...kept };
}

function checkFeatures(features: Tensor, expected: readonly number[]): void {
  if (!sameShape(features.shape.slice(1), expected) || features.shape.length !== 5) {
    throw new ShapeError('features', `shape [B, ${expected.join(', ')}]`, features.shape);
  }
}
