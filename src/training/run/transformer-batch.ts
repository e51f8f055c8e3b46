/**
 * One batch of transformer training: videos of one length, their features computed once, bits and errors anew; or, for
 * interactive generation, clips after a turn, which see the clip before it (S11). Samples that are alike in structure are
 * rows of the batch; where captions differ in length, all are packed into one row, as officially (L2).
 *
 * Paper §3.4. Official: schedules/infinity_elegant.py:video_encode_global_bsc. Spec L1, L2, L4.
 */

import { hostTensor, rowMajor } from '../../array/host.ts';
import type { HostTensor } from '../../array/host.ts';
import type { Backend } from '../../backend/backend.ts';
import { ArgumentError } from '../../errors.ts';
import type { ModelConfig } from '../../model/directory.ts';
import type { Scale, Size } from '../../pyramid/scales.ts';
import { framesOfLatents } from '../../pyramid/schedule.ts';
import type { Schedule } from '../../pyramid/schedule.ts';
import { fullSize } from '../../quantizer/running-code.ts';
import type { Quantizer } from '../../quantizer/vocabulary.ts';
import { nextClipRepetition, nextClipSchedule } from '../../sampler/interact.ts';
import { framesPerLatent } from '../../tokenizer/levels.ts';
import { ropeConfig } from '../../transformer/transformer.ts';
import type { TrainingDraws } from '../draws.ts';
import { packSequence, scalesWithin } from '../pack.ts';
import type { PackedSequence } from '../pack.ts';
import { tokenWeights } from '../reweight.ts';
import { trainingConditions, trainingScales } from '../training-scales.ts';
import type { TrainingCondition, TrainingScale } from '../training-scales.ts';
import { pickFeatures } from './features.ts';
import type { FeatureSet } from './features.ts';
import type { TransformerRecipe, TransformerStage } from './recipe.ts';
import { scheduleOf } from './tokenizer-task.ts';

/** What the rows of a batch are: single frames, videos, or the clips after a turn. */
export type BatchKind = 'pictures' | 'videos' | 'turns';

/**
 * The kinds that the stages of a run take. Videos are as long as the longest stage's; those with turns have two clips, and
 * the caption of the second.
 */
export type TransformerData = { readonly [kind in BatchKind]?: FeatureSet };

/** What a stage trains on, and in which share of its steps; together 1. */
export function kindsOf({ frames, turns, pictures }: TransformerStage): Map<BatchKind, number> {
  const kinds = new Map<BatchKind, number>();
  const others = turns + (pictures?.share ?? 0);
  kinds.set(frames === 1 ? 'pictures' : 'videos', 1 - others);
  if (turns > 0) kinds.set('turns', turns);
  if (pictures !== undefined) kinds.set('pictures', pictures.share);
  return kinds;
}

/** Frames of what a stage trains on, as its captions are told. */
export function framesOfKind({ frames }: TransformerStage, kind: BatchKind): number {
  return kind === 'pictures' ? 1 : frames;
}

/** @throws ArgumentError if there are none of this kind. */
export function featuresOf(data: TransformerData, kind: BatchKind): FeatureSet {
  const set = data[kind];
  if (set === undefined) throw new ArgumentError('data', kind, Object.keys(data).join(' and ') || 'nothing');
  return set;
}

/** Where batches come from. */
export interface BatchSource {
  readonly backend: Backend;
  readonly config: ModelConfig;
  readonly recipe: TransformerRecipe;
  readonly textOf: TextOf;
}

/** (L, text_channels) of a caption, as a model is shown it for a video of so many frames (S12). */
export type TextOf = (caption: string, frames: number) => HostTensor;

export interface TrainingBatch {
  readonly sequence: PackedSequence;
  /** Of each sample of the sequence: (B, Lᵢ, text_channels), and in which rows it is dropped. */
  readonly texts: readonly { readonly text: HostTensor; readonly dropped: readonly boolean[] }[];
  /** (1, V) */
  readonly weights: HostTensor;
}

/** How the random decisions of a batch are made. */
export interface Draw {
  readonly draws: TrainingDraws;
  /** L1 */
  readonly strength: number;
  /** Whether captions are dropped. */
  readonly training: boolean;
  /** Which of so many captions a sample is shown, from 0; unless given, the one that it is known by. */
  readonly form?: (count: number) => number;
}

/** Of one sample of every row. */
interface Drawn {
  readonly scales: readonly TrainingScale[];
  readonly conditions: readonly TrainingCondition[];
  /** (B, L, text_channels) */
  readonly text: HostTensor;
  readonly dropped: readonly boolean[];
  readonly fullSize: Size;
  readonly largest: Scale;
}

export async function drawBatch(
  source: BatchSource,
  stage: TransformerStage,
  kind: BatchKind,
  data: TransformerData,
  rows: readonly number[],
  how: Draw,
): Promise<TrainingBatch> {
  const { config, recipe } = source;
  const set = featuresOf(data, kind);
  const frames = framesOfKind(stage, kind);
  const told = rows.map((row) => source.textOf(captionOf(set, row, how), frames)); // (Lᵢ, text_channels) each
  const alike = told.every(({ shape }) => shape[0] === told[0].shape[0]);
  const drawn: Drawn[] = [];
  for (const places of alike ? [rows.map((_, i) => i)] : rows.map((_, i) => [i])) {
    const group = places.map((i) => rows[i]);
    const { schedule, scales, conditions } = await source.backend.scope('prepare', async (b) => {
      return kind === 'turns' ? turnSample(b, config, set, group, how) : videoSample(b, config, set, group, frames, how);
    });
    const dropped = group.map(() => how.training && how.draws.drop() < recipe.cond_drop_rate);
    const text = batchTexts(places.map((i) => told[i])); // (B, L, text_channels)
    drawn.push({ scales, conditions, text, dropped, fullSize: fullSize(schedule), largest: schedule.scales.at(-1)! });
  }
  const samples = alike ? drawn : withinTokens(drawn, recipe.tokens);
  const weighted = samples.flatMap(({ scales, largest }) => scales.map(({ scale }) => ({ scale, largest })));
  const packed = samples.map((sample) => ({ ...sample, textLength: sample.text.shape[1] }));
  return {
    sequence: packSequence(ropeConfig(config.transformer), packed),
    texts: samples,
    weights: tokenWeights(recipe.reweight, weighted),
  };
}

function captionOf({ captions, forms }: FeatureSet, row: number, { form }: Draw): string {
  const all = forms?.[row] ?? [];
  return form !== undefined && all.length > 1 ? all[form(all.length)] : captions[row];
}

/** The first samples, the last of them perhaps without its last scales. */
function withinTokens(samples: readonly Drawn[], limit: number): Drawn[] {
  const others = samples.map(({ text, conditions }) => {
    return conditions.reduce((sum, { input }) => sum + input.shape[1], text.shape[1]);
  });
  const counts = scalesWithin(limit, samples.map(({ scales }) => scales.map(({ scale }) => scale)), others);
  const kept = samples.map((sample, i) => ({ ...sample, scales: sample.scales.slice(0, counts[i]) }));
  if (counts[0] === 0) throw new ArgumentError('tokens', 'room for all captions of a batch and for a scale', limit);
  return kept.filter(({ scales }) => scales.length > 0);
}

/** What is drawn of a schedule. */
interface Structure {
  readonly schedule: Schedule;
  readonly scales: readonly TrainingScale[];
  readonly conditions: readonly TrainingCondition[];
}

/** The scales of a video of so many frames: text to image and to video, image to video and continuation. */
async function videoSample(
  b: Backend, config: ModelConfig, set: FeatureSet, rows: readonly number[], frames: number, how: Draw,
): Promise<Structure> {
  const schedule = scheduleOf(config, frames);
  const latents = (frames - 1) / framesPerLatent(config.tokenizer) + 1;
  const features = b.upload(pickFeatures(set.features, rows, latents)); // (B, C, T, h, w)
  const scales = await trainingScales(b, quantizerOf(config), schedule, features, how.draws, {
    repetition: config.sampling, context: config.context, errors: { noise_apply_strength: how.strength },
  });
  return { schedule, scales, conditions: [] };
}

/** The scales of the clip after a turn, and what they see of the clip before it (S11). */
async function turnSample(
  b: Backend, config: ModelConfig, set: FeatureSet, rows: readonly number[], how: Draw,
): Promise<Structure> {
  const { frames_inner_clip: length } = config.schedule;
  const { semantic_scale_ind: semanticScale, detail_frame_inds: detailFrames } = config.interact;
  const schedule = nextClipSchedule(scheduleOf(config, framesOfLatents(1 + length)));
  const features = b.upload(pickFeatures(set.features, rows, 1 + 2 * length)); // (B, C, 1+2N, h, w)
  const former = {
    features: b.slice(features, 2, 0, 1 + length), // (B, C, 1+N, h, w)
    firstFrame: b.slice(features, 2, 0, 1), // (B, C, 1, h, w)
  };
  const conditions = await trainingConditions(b, former, schedule, { semanticScale, detailFrames });
  const clip = b.slice(features, 2, 1 + length, 1 + 2 * length); // (B, C, N, h, w)
  const scales = await trainingScales(b, quantizerOf(config), schedule, clip, how.draws, {
    repetition: nextClipRepetition(config.sampling), context: config.context, errors: { noise_apply_strength: how.strength },
  });
  return { schedule, scales, conditions };
}

function quantizerOf({ quantizer, tokenizer }: ModelConfig): Quantizer {
  return { config: quantizer, channels: tokenizer.latent_channels * 4 };
}

/** Texts of one length, (L, text_channels) each → (B, L, text_channels). */
function batchTexts(texts: readonly HostTensor[]): HostTensor {
  const [length, channels] = texts[0].shape;
  const values = new Float32Array(texts.length * length * channels);
  texts.forEach((text, i) => values.set(rowMajor(text), i * length * channels));
  return hostTensor(values, [texts.length, length, channels]);
}
