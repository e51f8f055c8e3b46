/**
 * Several samples in one sequence: [scales of sample 0, scales of sample 1, …, conditions, text 0, text 1, …, padding]. A
 * scale sees itself, the scales it refers to, the conditions of its sample and its text (T7), so the samples do not know
 * of each other. Conditions are what the clip before a turn leaves (S11).
 *
 * A row of the batch is one such sequence; all rows have the same structure, and so one mask and one rope serve all.
 * Scales may be left out of a sample that is too long for the sequence; then what they refer to is renumbered.
 *
 * Paper §3.4. Official: schedules/infinity_elegant.py:video_encode_global_bsc (sequece_packing_scales, querysid_refsid),
 * models/infinity.py:Infinity.forward. Spec T7, L2.
 */

import type { HostTensor } from '../array/host.ts';
import { hostTensor, rowMajor, sizeOf } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';
import type { Scale, Size } from '../pyramid/scales.ts';
import type { RopeConfig } from '../rope/frequencies.ts';
import { textRope } from '../rope/text-rope.ts';
import { frameRange, visualRope } from '../rope/visual-rope.ts';
import { denseMask, visibleSegments } from '../transformer/mask.ts';
import type { TrainingCondition, TrainingScale } from './training-scales.ts';

/** One sample of every row. */
export interface Sample {
  /** The scales to train on, in order: all, or some. */
  readonly scales: readonly TrainingScale[];
  /** Rows and columns of the schedule's last scale. */
  readonly fullSize: Size;
  /** Tokens of the text. */
  readonly textLength: number;
  readonly conditions?: readonly TrainingCondition[];
}

export interface PackedSequence {
  readonly scales: readonly TrainingScale[];
  /** (B, V, C): inputs of all V visual tokens, those of the scales first, not yet embedded. */
  readonly inputs: HostTensor;
  /** Tokens of each scale, each condition, each text, and the padding if there is any. */
  readonly lengths: readonly number[];
  /** Which segment sees which, without the padding. */
  readonly visible: readonly (readonly boolean[])[];
  /** (2, L, D/2); zeros for the padding. */
  readonly rope: HostTensor;
  /** (L, L), additive. */
  readonly mask: HostTensor;
}

/**
 * @param length tokens to pad to: the sum of all unless larger.
 * @throws ArgumentError if there are more tokens than `length`, or a scale refers to one that was left out.
 */
export function packSequence(rope: RopeConfig, samples: readonly Sample[], length = 0): PackedSequence {
  const scales = samples.flatMap((sample) => sample.scales);
  const conditions = samples.flatMap((sample) => sample.conditions ?? []);
  const inputs = [...scales, ...conditions].map(({ input }) => input); // (B, n, C) each
  const lengths = [...inputs.map(({ shape }) => shape[1]), ...samples.map(({ textLength }) => textLength)];
  const used = lengths.reduce((sum, n) => sum + n, 0);
  if (length > 0 && used > length) throw new ArgumentError('samples', `at most ${length} tokens`, used);
  const visible = visibleSegments(samples.map(references), samples.map((sample) => sample.conditions?.length ?? 0));
  const padding = Math.max(length - used, 0);
  if (padding > 0) lengths.push(padding);
  const ropes = [
    ...samples.flatMap(({ scales: own, fullSize }) => own.map((scale) => ropeOf(rope, scale, fullSize))),
    ...samples.flatMap(({ conditions: own = [], fullSize }) => {
      return own.map(({ realSi, frames, size }) => visualRope(rope, { realSi, frames, size, fullSize }));
    }),
    ...samples.map(({ textLength }) => textRope(rope, textLength)),
  ];
  return {
    scales,
    inputs: joinTokens(inputs),
    lengths,
    visible,
    rope: joinRopes(ropes, padding),
    mask: denseMask(lengths, visible),
  };
}

/**
 * How many scales of each sample fit: scale after scale is taken until one does not fit; that ends its sample and,
 * as officially, all after it.
 * @param limit tokens, texts included.
 */
export function scalesWithin(limit: number, schedules: readonly (readonly Scale[])[], textLengths: readonly number[]): number[] {
  let remaining = limit - textLengths.reduce((sum, n) => sum + n, 0);
  return schedules.map((scales) => {
    const end = scales.findIndex((scale) => (remaining -= sizeOf(scale)) < 0);
    return end < 0 ? scales.length : end;
  });
}

/** For every scale of the sample, the places among its scales of those that it refers to. */
function references({ scales }: Sample): number[][] {
  const places = new Map(scales.map(({ si }, place) => [si, place]));
  return scales.map(({ si, context }) => {
    return context.references.map((reference) => {
      const place = places.get(reference);
      if (place === undefined) throw new ArgumentError('scales', `scale ${reference}, to which scale ${si} refers`, [...places.keys()]);
      return place;
    });
  });
}

function ropeOf(rope: RopeConfig, { realSi, scale: [, h, w], context }: TrainingScale, fullSize: Size): HostTensor {
  return visualRope(rope, { realSi, frames: frameRange(context.start, context.end), size: [h, w], fullSize });
}

/** (B, nᵢ, C) → (B, Σnᵢ, C) */
function joinTokens(parts: readonly HostTensor[]): HostTensor {
  const [batch, , channels] = parts[0].shape;
  const total = parts.reduce((sum, part) => sum + part.shape[1], 0);
  const values = new Float32Array(batch * total * channels);
  let at = 0;
  for (const part of parts) {
    const size = part.shape[1] * channels;
    const from = rowMajor(part);
    for (let row = 0; row < batch; row++) {
      values.set(from.subarray(row * size, (row + 1) * size), row * total * channels + at);
    }
    at += size;
  }
  return hostTensor(values, [batch, total, channels]);
}

/** (2, nᵢ, P) → (2, Σnᵢ + padding, P) */
function joinRopes(parts: readonly HostTensor[], padding: number): HostTensor {
  const pairs = parts[0].shape[2];
  const empty = hostTensor(new Float32Array(2 * padding * pairs), [2, padding, pairs]);
  return joinTokens([...parts, empty]);
}
