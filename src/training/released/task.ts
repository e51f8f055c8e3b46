/**
 * The official training loop as a task of ours: `ac` sequences a step, their gradients averaged, AdamW at a constant rate.
 * Official: train.py, trainer/sft_trainer.py:InfinityTrainer.train_step.
 */

import type { HostTensor } from '../../array/host.ts';
import { hostTensor, rowMajor } from '../../array/host.ts';
import { initializeTransformer } from '../../model/initialize.ts';
import type { Model } from '../../model/load.ts';
import { transformerShapes } from '../../transformer/shapes.ts';
import { makeTransformer } from '../../transformer/transformer.ts';
import { dropCaptions } from '../drop-captions.ts';
import { learningRate } from '../learning-rate.ts';
import { weightedLoss } from '../reweight.ts';
import { gradientsOf } from '../run/gradients.ts';
import type { TrainingTask } from '../run/loop.ts';
import { drawsOfStep } from '../run/state.ts';
import type { Values } from '../run/state.ts';
import { sequenceLoss } from '../sequence-loss.ts';
import type { ReleasedDataSet } from './data-set.ts';
import type { ReleasedRecipe } from './recipe.ts';
import { sequenceBatch } from './sequence.ts';

export interface ReleasedTaskOptions {
  readonly model: Model;
  readonly data: ReleasedDataSet;
  readonly recipe: ReleasedRecipe;
  readonly seed: number;
  /** Names the tokenizer that the features come from. */
  readonly tokenizer: string;
  readonly start?: Values;
}

export function releasedTask({ model, data, recipe, seed, tokenizer, start }: ReleasedTaskOptions): TrainingTask {
  const { backend, config } = model;
  const adamw = { betas: recipe.ada, eps: 1e-8, weight_decay: 0, clip: recipe.grad_clip };
  return {
    steps: recipe.steps,
    stages: [{ name: 'released', steps: recipe.steps }],
    settings: JSON.stringify({ task: 'released', recipe: { ...recipe, steps: undefined }, seed, tokenizer, data: data.fingerprint }),
    initial: () => start ?? initializeTransformer(transformerShapes(config.transformer, config.quantizer), seed),
    plan(step) {
      const rate = learningRate({ peak: recipe.tlr, warmUp: recipe.wp_it, end: 1 }, step, recipe.steps);
      return { rate, restart: false, adamw, decay: recipe.model_ema_decay };
    },
    async gradients(step, parameters) {
      const sums = new Map<string, HostTensor>();
      let [loss, tokens, samples] = [0, 0, 0];
      for (let i = 0; i < recipe.ac; i++) {
        const index = step * recipe.ac + i;
        const sequence = await data.sequence(index);
        const batch = await sequenceBatch(backend, model, data, sequence, recipe, drawsOfStep(seed, index));
        const own = await gradientsOf(backend, parameters, async (b, weights) => {
          const transformer = makeTransformer(config.transformer, config.quantizer, weights);
          const nullText = await weights.tensor(b, 'cfg_uncond'); // (512, text_channels)
          const texts = batch.texts.map(({ text, dropped }) => dropCaptions(b, b.upload(text), nullText, dropped)); // (1, L, …)
          const { loss: losses } = await sequenceLoss(b, transformer, batch.sequence, texts); // (1, V)
          const total = weightedLoss(b, losses, batch.weights); // (1)
          const mean = b.affine(total, 1 / recipe.ac); // (1)
          loss += (await b.read(mean)).data[0];
          return mean;
        });
        for (const [key, gradient] of own) addTo(sums, key, gradient);
        tokens += batch.sequence.inputs.shape[1];
        samples += sequence.length;
      }
      return { gradients: sums, metrics: { loss, tokens, samples } };
    },
    validate: () => Promise.resolve({}),
  };
}

function addTo(sums: Map<string, HostTensor>, key: string, gradient: HostTensor): void {
  const sum = sums.get(key);
  if (sum === undefined) sums.set(key, hostTensor(rowMajor(gradient).slice(), gradient.shape));
  else rowMajor(gradient).forEach((g, i) => (sum.data[i] += g));
}
