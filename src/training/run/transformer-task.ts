/**
 * Training the transformer, stage after stage: a batch of videos of one length a step, their features computed once,
 * bits and errors anew; or, for interactive generation, clips after a turn, which see the clip before it (S11). A stage
 * with longer videos, or a model with larger scales, goes on with the weights of the one before it: nothing in them
 * depends on the pyramid. Spec L6.
 */

import type { HostTensor } from '../../array/host.ts';
import { hostTensor, rowMajor, sizeOf } from '../../array/host.ts';
import type { Backend, Tensor } from '../../backend/backend.ts';
import { residentWeights } from '../../backend/weights.ts';
import type { WeightStore } from '../../backend/weights.ts';
import { ArgumentError } from '../../errors.ts';
import type { ModelConfig } from '../../model/directory.ts';
import { initializeTransformer } from '../../model/initialize.ts';
import { framesOfLatents } from '../../pyramid/schedule.ts';
import { fullSize } from '../../quantizer/running-code.ts';
import { nextClipRepetition, nextClipSchedule } from '../../sampler/interact.ts';
import { framesPerLatent } from '../../tokenizer/levels.ts';
import { makeTransformer, ropeConfig } from '../../transformer/transformer.ts';
import { transformerShapes } from '../../transformer/shapes.ts';
import { drawsFrom } from '../draws.ts';
import type { TrainingDraws } from '../draws.ts';
import { dropCaptions } from '../drop-captions.ts';
import { learningRate } from '../learning-rate.ts';
import { packSequence } from '../pack.ts';
import type { PackedSequence } from '../pack.ts';
import { tokenWeights, weightedLoss } from '../reweight.ts';
import { sequenceLoss } from '../sequence-loss.ts';
import { trainingConditions, trainingScales } from '../training-scales.ts';
import { pickFeatures } from './features.ts';
import type { FeatureSet } from './features.ts';
import { gradientsOf } from './gradients.ts';
import type { Metrics } from './log.ts';
import type { TrainingTask } from './loop.ts';
import { stageAt, totalSteps } from './recipe.ts';
import type { TransformerRecipe, TransformerStage } from './recipe.ts';
import { drawsOfStep } from './state.ts';
import type { Values } from './state.ts';
import { scheduleOf } from './tokenizer-task.ts';

export interface TransformerTaskOptions {
  readonly backend: Backend;
  readonly config: ModelConfig;
  readonly recipe: TransformerRecipe;
  readonly data: TransformerData;
  readonly heldOut: TransformerData;
  /** Caption → (L, text_channels), L the same for all. */
  readonly texts: ReadonlyMap<string, HostTensor>;
  readonly seed: number;
  /** Names the tokenizer that the features come from. */
  readonly tokenizer: string;
  /** Weights to go on from. */
  readonly start?: Values;
}

/** Each as long as the longest that a stage takes. */
export interface TransformerData {
  readonly videos: FeatureSet;
  /** Two clips each, captions of the second. */
  readonly turns?: FeatureSet;
}

export function transformerTask(options: TransformerTaskOptions): TrainingTask {
  const { backend, config, recipe, seed, tokenizer, start } = options;
  const { stages } = recipe;

  const quantizer = { config: config.quantizer, channels: config.tokenizer.latent_channels * 4 };

  /** The scales of a video of so many frames: text to image and to video, image to video and continuation. */
  const videoSample = async (b: Backend, set: FeatureSet, rows: readonly number[], frames: number, how: Draw) => {
    const schedule = scheduleOf(config, frames);
    const latents = (frames - 1) / framesPerLatent(config.tokenizer) + 1;
    const features = b.upload(pickFeatures(set.features, rows, latents)); // (B, C, T, h, w)
    const scales = await trainingScales(b, quantizer, schedule, features, how.draws, {
      repetition: config.sampling, context: config.context, strength: how.strength,
    });
    return { schedule, scales, conditions: [] };
  };

  /** The scales of the clip after a turn, and what they see of the clip before it (S11). */
  const turnSample = async (b: Backend, set: FeatureSet, rows: readonly number[], how: Draw) => {
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
    const scales = await trainingScales(b, quantizer, schedule, clip, how.draws, {
      repetition: nextClipRepetition(config.sampling), context: config.context, strength: how.strength,
    });
    return { schedule, scales, conditions };
  };

  /** One batch: its sequence, its texts, and which of them are dropped. */
  const prepare = async (stage: TransformerStage, turn: boolean, data: TransformerData, rows: readonly number[], how: Draw) => {
    const set = turn ? data.turns : data.videos;
    if (set === undefined) throw new ArgumentError('data', 'videos with turns', 'none');
    const { schedule, scales, conditions } = await backend.scope('prepare', async (b) => {
      return turn ? turnSample(b, set, rows, how) : videoSample(b, set, rows, stage.frames, how);
    });
    const text = batchTexts(rows.map((row) => options.texts.get(set.captions[row])!)); // (B, L, text_channels)
    const dropped = rows.map(() => how.training && how.draws.drop() < recipe.cond_drop_rate);
    const sample = { scales, conditions, fullSize: fullSize(schedule), textLength: text.shape[1] };
    const largest = schedule.scales.at(-1)!;
    const weights = tokenWeights(recipe.reweight, scales.map(({ scale }) => ({ scale, largest })));
    return { sequence: packSequence(ropeConfig(config.transformer), [sample]), text, dropped, weights };
  };
  type Batch = Awaited<ReturnType<typeof prepare>>;

  const lossOf = async (b: Backend, weights: WeightStore, batch: Batch): Promise<{ loss: Tensor; metrics: Metrics }> => {
    const model = makeTransformer(config.transformer, config.quantizer, weights);
    const text = dropCaptions(b, b.upload(batch.text), await weights.tensor(b, 'cfg_uncond'), batch.dropped);
    const { loss, accuracy } = await sequenceLoss(b, model, batch.sequence, [text]); // (B, V)
    const total = weightedLoss(b, loss, batch.weights); // (1)
    const value = (await b.read(total)).data[0];
    return { loss: total, metrics: { loss: value, ...accuracies(batch.sequence, await b.read(accuracy)) } };
  };

  return {
    steps: totalSteps(stages),
    stages,
    settings: JSON.stringify({ task: 'transformer', recipe, seed, tokenizer }),
    initial: () => start ?? initializeTransformer(transformerShapes(config.transformer, config.quantizer), seed),
    plan(step) {
      const { stage, local } = stageAt(stages, step);
      const rate = learningRate(stage.rate, local, stage.steps);
      return { rate, restart: local === 0, adamw: recipe.adamw, decay: recipe.decay };
    },
    async gradients(step, parameters) {
      const { stage } = stageAt(stages, step);
      const uniforms = drawsOfStep(seed, step);
      const turn = stage.turns > 0 && uniforms.next(1)[0] < stage.turns;
      const rows = Array.from(uniforms.next(stage.batch), (u) => Math.floor(u * recipe.videos));
      const how = { draws: drawsFrom(uniforms), strength: recipe.strength, training: true };
      const batch = await prepare(stage, turn, options.data, rows, how);
      let metrics: Metrics = {};
      const gradients = await gradientsOf(backend, parameters, async (b, weights) => {
        const result = await lossOf(b, weights, batch);
        metrics = result.metrics;
        return result.loss;
      });
      return { gradients, metrics };
    },
    async validate(step, average) {
      const { stage } = stageAt(stages, step);
      const kinds = stage.turns > 0 ? { held_out: false, held_out_turn: true } : { held_out: false };
      const all: Record<string, number> = {};
      for (const [kind, turn] of Object.entries(kinds)) {
        const rows = options.heldOut.videos.captions.map((_, i) => i);
        const how = { draws: drawsFrom(drawsOfStep(seed, -1)), strength: 0, training: false };
        const batch = await prepare(stage, turn, options.heldOut, rows, how);
        const { metrics } = await backend.scope('validate', async (b) => lossOf(b, residentWeights(b, average), batch));
        for (const [name, value] of Object.entries(metrics)) all[`${kind}_${name}`] = value;
      }
      return all;
    },
  };
}

/** How the random decisions of a batch are made. */
interface Draw {
  readonly draws: TrainingDraws;
  /** L1 */
  readonly strength: number;
  /** Whether captions are dropped. */
  readonly training: boolean;
}

/** Share of right bits per scale, as `acc_1`, `acc_2`, …, scale after scale. */
function accuracies({ scales }: PackedSequence, accuracy: HostTensor): Metrics {
  const [batch, length] = accuracy.shape;
  const values = rowMajor(accuracy);
  const metrics: Record<string, number> = {};
  let start = 0;
  for (const [i, { scale }] of scales.entries()) {
    const end = start + sizeOf(scale);
    let sum = 0;
    for (let row = 0; row < batch; row++) for (let t = start; t < end; t++) sum += values[row * length + t];
    metrics[`acc_${i + 1}`] = Math.round((sum / (batch * (end - start))) * 1e4) / 1e4;
    start = end;
  }
  return metrics;
}

/** @throws ArgumentError if the texts differ in length: a batch shares its structure. */
function batchTexts(texts: readonly HostTensor[]): HostTensor {
  const [length, channels] = texts[0].shape;
  const other = texts.find(({ shape }) => shape[0] !== length);
  if (other !== undefined) throw new ArgumentError('captions', `${length} tokens, as the others of the batch`, other.shape[0]);
  const values = new Float32Array(texts.length * length * channels);
  texts.forEach((text, i) => values.set(rowMajor(text), i * length * channels));
  return hostTensor(values, [texts.length, length, channels]);
}
