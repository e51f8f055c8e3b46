/**
 * What the transformer is trained on: per scale an input, labels and a place in the pyramid.
 *
 *     all steps of the pyramid are encoded (Q4), the codes of bits with errors accumulated:
 *     k ~ uniform{0 … 100·s},  bit′ = bit ⊕ [uniform < 0.01·k]          L1, anew at every step and sample
 *     of the n repetitions of a scale one, ~ uniform{0 … n − 1}, goes into the sequence    L2
 *
 * All samples of a batch share the repetition, for the batch shares its positions; their errors are their own.
 *
 * Paper §3.4. Official: schedules/infinity_elegant.py:video_encode_global_bsc. Spec L1, L2.
 */

import type { HostBits, HostTensor } from '../array/host.ts';
import { hostTensor, rowMajor, sizeOf } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import { clipContexts } from '../pyramid/clips.ts';
import type { ContextConfig, ScaleContext } from '../pyramid/clips.ts';
import { expandSteps } from '../pyramid/repetition.ts';
import type { RepetitionConfig, Step } from '../pyramid/repetition.ts';
import type { Scale, Size } from '../pyramid/scales.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import { residualEncode } from '../quantizer/residual-encode.ts';
import { flipBits, strengthDraws } from '../quantizer/self-correction.ts';
import { vocabularyOf } from '../quantizer/vocabulary.ts';
import type { Quantizer, Vocabulary } from '../quantizer/vocabulary.ts';
import { formerClipConditions } from '../sampler/interact.ts';
import type { FormerClip, InteractSettings } from '../sampler/interact.ts';
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
  /** (B, t, h, w, d): what was accumulated. */
  readonly accumulated: HostBits;
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
  /** Largest share of bits to flip (L1); 0 or less: none. */
  readonly strength: number;
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
  const { scales = schedule.scales.length, repetition, context, strength } = options;
  const steps = expandSteps(schedule, repetition).filter(({ si }) => si < scales);
  const chosen = chooseRepetitions(steps, scales, draws);
  const contexts = clipContexts(schedule, context);
  return b.scope('training scales', async (inner) => {
    const encoding = await residualEncode(inner, quantizer, schedule, steps, features, {
      keepTensors: (step) => chosen[step.si] === step.repeat,
      corrupt: (bits) => flipBatch(bits, strength, draws),
    });
    const result: TrainingScale[] = [];
    for (const { si, repeat, realSi, bits, accumulated, input } of encoding.steps) {
      if (chosen[si] !== repeat || input === undefined) continue;
      const scale = schedule.scales[si];
      const shared = { si, scale, realSi, context: contexts[si], vocabulary: vocabularyOf(quantizer.config, scale) };
      result.push({ ...shared, input: await tokensOf(inner, input), bits, accumulated });
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

/** Flips bits of every sample with a strength of its own. */
function flipBatch(bits: HostBits, strength: number, draws: TrainingDraws): HostBits {
  const [batch, ...rest] = bits.shape;
  const size = sizeOf(rest);
  const values = rowMajor(bits);
  const flipped = new Uint8Array(values.length);
  for (let row = 0; row < batch; row++) {
    const share = draws.strength(strengthDraws(strength)) * 0.01;
    const own = hostTensor(values.subarray(row * size, (row + 1) * size), rest);
    const uniforms = hostTensor(Float32Array.from(draws.flips(size)), rest);
    flipped.set(rowMajor(flipBits(own, uniforms, share)), row * size);
  }
  return hostTensor(flipped, bits.shape);
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
