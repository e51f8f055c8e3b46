/**
 * What the transformer is trained on: per scale an input, labels and a place in the pyramid.
 *
 *     all steps of the pyramid are encoded (Q4), the codes of bits with errors accumulated (L1, bit-errors.ts)
 *     of the n repetitions of a scale one, ~ uniform{0 … n − 1}, goes into the sequence    L2
 *
 * All samples of a batch share the repetition, for the batch shares its positions; their errors are their own.
 *
 * Paper §3.4. Official: schedules/infinity_elegant.py:video_encode_global_bsc. Spec L1, L2.
 */

import type { HostBits, HostTensor } from '../array/host.ts';
import { sizeOf } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import { clipContexts } from '../pyramid/clips.ts';
import type { ContextConfig, ScaleContext } from '../pyramid/clips.ts';
import { expandSteps } from '../pyramid/repetition.ts';
import type { RepetitionConfig, Step } from '../pyramid/repetition.ts';
import type { Scale, Size } from '../pyramid/scales.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import { residualEncode } from '../quantizer/residual-encode.ts';
import type { SelfCorrectionConfig } from '../quantizer/self-correction.ts';
import { vocabularyOf } from '../quantizer/vocabulary.ts';
import type { Quantizer, Vocabulary } from '../quantizer/vocabulary.ts';
import { formerClipConditions } from '../sampler/interact.ts';
import type { FormerClip, InteractSettings } from '../sampler/interact.ts';
import { bitErrors } from './bit-errors.ts';
import type { TrainingDraws } from './draws.ts';

/** One scale of B samples. */
export interface TrainingScale {
  /** Its index in the schedule. */
  readonly si: number;
  readonly scale: Scale;
  /** Number of the chosen repetition among all steps; the rotary embedding's position (R3). */
  readonly realSi: number;
  /** Latent frames and references. */
  readonly context: ScaleContext;
  readonly vocabulary: Vocabulary;
  /** (B, t·h·w, C): the running code that the network is shown. */
  readonly input: HostTensor;
  /** (B, t, h, w, d): the labels. */
  readonly bits: HostBits;
  /** (B, t, h, w, d): the same with errors. */
  readonly corrupted: HostBits;
}

/** A visual condition of B samples, which the scales see and no loss is taken of. */
export interface TrainingCondition {
  /** (B, t·h·w, C) */
  readonly input: HostTensor;
  /** Positions in scale and in time; rows and columns. */
  readonly realSi: number;
  readonly frames: readonly number[];
  readonly size: Size;
}

export interface TrainingScalesOptions {
  readonly repetition: RepetitionConfig;
  readonly context: ContextConfig;
  /** L1 */
  readonly errors: SelfCorrectionConfig;
  /** 1: residuals of repetitions as in residual-encode.ts; 0 unless given. */
  readonly inner_scale_boost?: 0 | 1;
  /** Encode the first so many scales only; all unless given. */
  readonly scales?: number;
}

/** @param features (B, C, T, H, W) of videos with this schedule. */
export async function trainingScales(
  b: Backend,
  quantizer: Quantizer,
  schedule: Schedule,
  features: Tensor,
  draws: TrainingDraws,
  options: TrainingScalesOptions,
): Promise<TrainingScale[]> {
  const { scales = schedule.scales.length, repetition, context, errors, inner_scale_boost = 0 } = options;
  const steps = expandSteps(schedule, repetition).filter(({ si }) => si < scales);
  const chosen = chooseRepetitions(steps, scales, draws);
  const contexts = clipContexts(schedule, context);
  return b.scope('training scales', async (inner) => {
    const encoding = await residualEncode(inner, quantizer, schedule, steps, features, {
      keepTensors: (step) => chosen[step.si] === step.repeat,
      corrupt: bitErrors(schedule, errors, features.shape[0], draws),
      requant: errors.noise_apply_requant ?? 1,
      boost: inner_scale_boost,
    });
    const result: TrainingScale[] = [];
    for (const { si, repeat, realSi, bits, corrupted, input } of encoding.steps) {
      if (chosen[si] !== repeat || input === undefined) continue;
      const scale = schedule.scales[si];
      const shared = { si, scale, realSi, context: contexts[si], vocabulary: vocabularyOf(quantizer.config, scale) };
      result.push({ ...shared, input: await tokensOf(inner, input), bits, corrupted });
    }
    return result;
  });
}

/** Scale → repetition. */
function chooseRepetitions(steps: readonly Step[], scales: number, draws: TrainingDraws): number[] {
  const counts = new Array<number>(scales).fill(0);
  for (const { si } of steps) counts[si] += 1;
  return counts.map((count) => draws.repetition(count));
}

/** The clip before a turn, as the clip after it sees it in sampling (sampler/interact.ts). */
export async function trainingConditions(
  b: Backend,
  former: FormerClip,
  schedule: Schedule,
  settings: InteractSettings,
): Promise<TrainingCondition[]> {
  return b.scope('conditions', async (inner) => {
    return Promise.all(formerClipConditions(inner, former, schedule, settings).map(async ({ features, realSi, frames }) => {
      const [, , , h, w] = features.shape; // (B, C, t, h, w)
      return { input: await tokensOf(inner, features), realSi, frames, size: [h, w] as const };
    }));
  });
}

/** (B, C, t, h, w) → (B, t·h·w, C) */
async function tokensOf(b: Backend, input: Tensor): Promise<HostTensor> {
  const [batch, channels, ...cells] = input.shape;
  const flat = b.reshape(input, [batch, channels, sizeOf(cells)]); // (B, C, n)
  return b.read(b.permute(flat, [0, 2, 1])); // (B, n, C)
}
