/**
 * One sequence of the official training: the scales of its samples, all or some (select-scales.ts), with errors in their bits
 * (L1), their captions, and for interactive training both clips of a video, the second one seeing the first.
 *
 * Official: schedules/infinity_elegant.py:video_encode_global_bsc, infinity_star_interact.py:video_encode.
 */

import type { HostTensor } from '../../array/host.ts';
import { hostTensor, rowMajor } from '../../array/host.ts';
import type { Backend } from '../../backend/backend.ts';
import { ArgumentError } from '../../errors.ts';
import type { Model } from '../../model/load.ts';
import type { Scale } from '../../pyramid/scales.ts';
import { fullSize } from '../../quantizer/running-code.ts';
import { nextClipRepetition } from '../../sampler/interact.ts';
import type { Uniforms } from '../../sampler/uniforms.ts';
import { ropeConfig } from '../../transformer/transformer.ts';
import { drawsFrom } from '../draws.ts';
import { packSequence, scalesWithin } from '../pack.ts';
import type { Sample } from '../pack.ts';
import { tokenWeights } from '../reweight.ts';
import type { TrainingBatch } from '../run/transformer-batch.ts';
import { trainingConditions, trainingScales } from '../training-scales.ts';
import type { TrainingScalesOptions } from '../training-scales.ts';
import { noisyConditions } from './condition-noise.ts';
import type { ReleasedDataSet, Sequence } from './data-set.ts';
import type { ReleasedRecipe } from './recipe.ts';
import { selectScales } from './select-scales.ts';

interface Part extends Sample {
  readonly text: HostTensor;
  readonly largest: Scale;
}

/** The batch of a sequence; one row. */
export async function sequenceBatch(
  b: Backend,
  model: Model,
  data: ReleasedDataSet,
  sequence: Sequence,
  recipe: ReleasedRecipe,
  uniforms: Uniforms,
): Promise<TrainingBatch> {
  const parts: Part[] = [];
  for (const { sample, captions } of sequence) {
    const features = await data.features(sample); // (1, C, t, h, w)
    const texts: HostTensor[] = [];
    for (const caption of captions) texts.push(await data.text(caption));
    const make = recipe.interactive === 1 ? twoClips : oneSample;
    parts.push(...(await b.scope('sequence', (inner) => make(inner, { model, data, recipe, uniforms }, features, texts))));
  }
  const fitting = sequence.length > 1 ? withinLimit(parts, recipe.train_max_token_len) : parts;
  const used = fitting.reduce((sum, part) => sum + tokensOf(part), 0);
  const multiple = recipe.pad_to_multiplier;
  const draws = drawsFrom(uniforms);
  return {
    sequence: packSequence(ropeConfig(model.config.transformer), fitting, Math.ceil(used / multiple) * multiple),
    texts: fitting.map(({ text }) => ({ text, dropped: [draws.drop() < recipe.cfg] })),
    weights: tokenWeights(recipe, fitting.flatMap(({ scales, largest }) => scales.map(({ scale }) => ({ scale, largest })))),
  };
}

interface Run {
  readonly model: Model;
  readonly data: ReleasedDataSet;
  readonly recipe: ReleasedRecipe;
  readonly uniforms: Uniforms;
}

function scaleOptions({ model, recipe }: Run): TrainingScalesOptions {
  const { sampling, context } = model.config;
  return { repetition: sampling, context, errors: recipe, inner_scale_boost: recipe.inner_scale_boost };
}

async function oneSample(b: Backend, run: Run, features: HostTensor, [text]: readonly HostTensor[]): Promise<Part[]> {
  const { model, data, recipe, uniforms } = run;
  const schedule = data.schedule(features.shape);
  const all = await trainingScales(b, model.quantizer, schedule, b.upload(features), drawsFrom(uniforms), scaleOptions(run));
  const alone = recipe.allow_less_one_elem_in_seq === 1;
  const chosen = new Set(alone ? selectScales(schedule, text.shape[0], recipe, uniforms) : all.map(({ si }) => si));
  const scales = all.filter(({ si }) => chosen.has(si));
  return [{ ...partOf(text), scales, fullSize: fullSize(schedule), largest: schedule.scales.at(-1)! }];
}

/** The image and the first clip under their caption; then the second clip under its own, with noise on what it sees. */
async function twoClips(b: Backend, run: Run, all: HostTensor, [firstText, secondText]: readonly HostTensor[]): Promise<Part[]> {
  const { model, data, recipe, uniforms } = run;
  const { schedule: config, interact, sampling } = model.config;
  const [, channels, latents, h, w] = all.shape;
  const end = 1 + config.frames_inner_clip; // of the first clip
  const last = Math.min(latents, end + config.frames_inner_clip);
  const features = b.upload(all); // (1, C, t, h, w)
  const firstClip = b.slice(features, 2, 0, end); // (1, C, 1+N, h, w)
  const secondClip = b.slice(features, 2, end, last); // (1, C, M, h, w)
  const options = scaleOptions(run);
  const first = data.schedule([1, channels, end, h, w]);
  const { scalesPerClip } = first;
  const second = { scales: first.scales.slice(0, scalesPerClip).map(([, y, x]): Scale => [last - end, y, x]), scalesPerClip };
  const draws = drawsFrom(uniforms);
  const parts: Part[] = [];
  if (recipe.train_second_clip_only === 0) {
    const scales = await trainingScales(b, model.quantizer, first, firstClip, draws, options);
    parts.push({ ...partOf(firstText), scales, fullSize: fullSize(first), largest: first.scales.at(-1)! });
  }
  const ofSecond = { ...options, repetition: nextClipRepetition(sampling) };
  const scales = await trainingScales(b, model.quantizer, second, secondClip, draws, ofSecond);
  const former = { features: firstClip, firstFrame: b.slice(features, 2, 0, 1) };
  const settings = { semanticScale: interact.semantic_scale_ind, detailFrames: interact.detail_frame_inds };
  const conditions = noisyConditions(await trainingConditions(b, former, second, settings), uniforms);
  parts.push({ ...partOf(secondText), scales, conditions, fullSize: fullSize(second), largest: second.scales.at(-1)! });
  return parts;
}

/** (L, text_channels) → (1, L, text_channels) */
function partOf(text: HostTensor): Pick<Part, 'text' | 'textLength'> {
  return { text: hostTensor(rowMajor(text), [1, ...text.shape]), textLength: text.shape[0] };
}

/** The last sample that does not fit loses its last scales. */
function withinLimit(parts: readonly Part[], limit: number): Part[] {
  const lengths = parts.map(({ textLength }) => textLength);
  const counts = scalesWithin(limit, parts.map(({ scales }) => scales.map(({ scale }) => scale)), lengths);
  if (counts[0] === 0) throw new ArgumentError('train_max_token_len', 'room for the captions of a sequence and a scale', limit);
  return parts.map((part, i) => ({ ...part, scales: part.scales.slice(0, counts[i]) })).filter(({ scales }) => scales.length > 0);
}

function tokensOf({ scales, conditions = [], textLength }: Part): number {
  return [...scales, ...conditions].reduce((sum, { input }) => sum + input.shape[1], textLength);
}
