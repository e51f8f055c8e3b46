/**
 * Training the transformer, stage after stage: one batch a step (transformer-batch.ts). A stage with longer videos, or a
 * model with larger scales, goes on with the weights of the one before it: nothing in them depends on the pyramid.
 * Spec L6.
 */

import type { HostTensor } from '../../array/host.ts';
import { rowMajor, sizeOf } from '../../array/host.ts';
import type { Backend, Tensor } from '../../backend/backend.ts';
import { residentWeights } from '../../backend/weights.ts';
import type { WeightStore } from '../../backend/weights.ts';
import type { ModelConfig } from '../../model/directory.ts';
import { initializeTransformer } from '../../model/initialize.ts';
import { makeTransformer } from '../../transformer/transformer.ts';
import { transformerShapes } from '../../transformer/shapes.ts';
import type { Uniforms } from '../../sampler/uniforms.ts';
import { drawsFrom } from '../draws.ts';
import { dropCaptions } from '../drop-captions.ts';
import { learningRate } from '../learning-rate.ts';
import type { PackedSequence } from '../pack.ts';
import { weightedLoss } from '../reweight.ts';
import { sequenceLoss } from '../sequence-loss.ts';
import { gradientsOf } from './gradients.ts';
import type { Metrics } from './log.ts';
import type { TrainingTask } from './loop.ts';
import { stageAt, totalSteps } from './recipe.ts';
import type { TransformerRecipe, TransformerStage } from './recipe.ts';
import { drawsOfStep } from './state.ts';
import type { Values } from './state.ts';
import { drawBatch, featuresOf, framesOfKind, kindsOf } from './transformer-batch.ts';
import type { BatchKind, BatchSource, TextOf, TrainingBatch, TransformerData } from './transformer-batch.ts';

export interface TransformerTaskOptions {
  readonly backend: Backend;
  readonly config: ModelConfig;
  readonly recipe: TransformerRecipe;
  readonly data: TransformerData;
  readonly heldOut: TransformerData;
  readonly textOf: TextOf;
  readonly seed: number;
  /** Names the tokenizer that the features come from. */
  readonly tokenizer: string;
  /** Names the data; the toy world is known by the seed. */
  readonly fingerprint?: string;
  /** Weights to go on from. */
  readonly start?: Values;
}

export function transformerTask(options: TransformerTaskOptions): TrainingTask {
  const { backend, config, recipe, seed, tokenizer, start } = options;
  const { stages } = recipe;

  const source: BatchSource = { backend, config, recipe, textOf: options.textOf };

  const lossOf = async (b: Backend, weights: WeightStore, batch: TrainingBatch): Promise<{ loss: Tensor; metrics: Metrics }> => {
    const model = makeTransformer(config.transformer, config.quantizer, weights);
    const nullText = await weights.tensor(b, 'cfg_uncond'); // (text_maxlen, text_channels)
    const texts = batch.texts.map(({ text, dropped }) => {
      return dropCaptions(b, b.upload(text), nullText, dropped); // (B, Lᵢ, text_channels)
    });
    const { loss, accuracy } = await sequenceLoss(b, model, batch.sequence, texts); // (B, V)
    const total = weightedLoss(b, loss, batch.weights); // (1)
    const value = (await b.read(total)).data[0];
    return { loss: total, metrics: { loss: value, ...accuracies(batch.sequence, await b.read(accuracy)) } };
  };

  return {
    steps: totalSteps(stages),
    stages,
    settings: JSON.stringify({ task: 'transformer', recipe, seed, tokenizer, data: options.fingerprint }),
    initial: () => start ?? initializeTransformer(transformerShapes(config.transformer, config.quantizer), seed),
    plan(step) {
      const { stage, local } = stageAt(stages, step);
      const rate = learningRate(stage.rate, local, stage.steps);
      return { rate, restart: local === 0, adamw: recipe.adamw, decay: recipe.decay };
    },
    async gradients(step, parameters) {
      const { stage } = stageAt(stages, step);
      const uniforms = drawsOfStep(seed, step);
      const kind = drawKind(stage, uniforms);
      const { captions } = featuresOf(options.data, kind);
      const count = kind === 'pictures' ? (stage.pictures?.batch ?? stage.batch) : stage.batch;
      const lengthOf = (row: number): number => options.textOf(captions[row], framesOfKind(stage, kind)).shape[0];
      const rows = drawRows(uniforms.next(count), captions.length, recipe.alike === true ? lengthOf : () => 0);
      const form = (of: number): number => Math.floor(uniforms.next(1)[0] * of);
      const how = { draws: drawsFrom(uniforms), strength: recipe.strength, training: true, form };
      const batch = await drawBatch(source, stage, kind, options.data, rows, how);
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
      const all: Record<string, number> = {};
      for (const [i, kind] of [...kindsOf(stage).keys()].entries()) {
        const part = i === 0 ? 'held_out' : `held_out_${kind.replace(/s$/, '')}`;
        const rows = featuresOf(options.heldOut, kind).captions.map((_, i) => i);
        const how = { draws: drawsFrom(drawsOfStep(seed, -1)), strength: 0, training: false };
        const batch = await drawBatch(source, stage, kind, options.heldOut, rows, how);
        const { metrics } = await backend.scope('validate', async (b) => lossOf(b, residentWeights(b, average), batch));
        for (const [name, value] of Object.entries(metrics)) all[`${part}_${name}`] = value;
      }
      return all;
    },
  };
}

/** The first row is any; the others are any of those that are like it in length. Each row is drawn as often as any other. */
export function drawRows(uniforms: ArrayLike<number>, count: number, lengthOf: (row: number) => number): number[] {
  const first = Math.floor(uniforms[0] * count);
  const length = lengthOf(first);
  const like = Array.from({ length: count }, (_, row) => row).filter((row) => lengthOf(row) === length);
  return Array.from(uniforms, (u, i) => (i === 0 ? first : like[Math.floor(u * like.length)]));
}

/** Nothing is drawn where there is but one kind. */
function drawKind(stage: TransformerStage, uniforms: Uniforms): BatchKind {
  const kinds = [...kindsOf(stage)];
  if (kinds.length === 1) return kinds[0][0];
  let left = uniforms.next(1)[0];
  for (const [kind, share] of kinds.slice(1)) {
    if (left < share) return kind;
    left -= share;
  }
  return kinds[0][0];
}

/** Share of right bits per scale of the schedule, as `acc_1`, `acc_2`, … */
function accuracies({ scales }: PackedSequence, accuracy: HostTensor): Metrics {
  const [batch, length] = accuracy.shape;
  const values = rowMajor(accuracy);
  const sums = new Map<number, { right: number; tokens: number }>();
  let start = 0;
  for (const { scale, si } of scales) {
    const end = start + sizeOf(scale);
    let sum = sums.get(si);
    if (sum === undefined) sums.set(si, (sum = { right: 0, tokens: 0 }));
    for (let row = 0; row < batch; row++) for (let t = start; t < end; t++) sum.right += values[row * length + t];
    sum.tokens += batch * (end - start);
    start = end;
  }
  return Object.fromEntries([...sums].map(([si, { right, tokens }]) => [`acc_${si + 1}`, Math.round((right / tokens) * 1e4) / 1e4]));
}
