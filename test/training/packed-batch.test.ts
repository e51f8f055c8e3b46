/** Samples whose captions differ in length, packed into one sequence, are trained on as each would be alone. */

import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { residentWeights } from '../../src/backend/weights.ts';
import { ArgumentError } from '../../src/errors.ts';
import { readModelConfig } from '../../src/model/directory.ts';
import { initializeTransformer } from '../../src/model/initialize.ts';
import { seededUniforms } from '../../src/sampler/uniforms.ts';
import { drawsFrom } from '../../src/training/draws.ts';
import { weightedLoss } from '../../src/training/reweight.ts';
import { readTransformerRecipe } from '../../src/training/run/read-recipe.ts';
import { drawBatch } from '../../src/training/run/transformer-batch.ts';
import type { TrainingBatch } from '../../src/training/run/transformer-batch.ts';
import { drawRows } from '../../src/training/run/transformer-task.ts';
import { sequenceLoss } from '../../src/training/sequence-loss.ts';
import { transformerShapes } from '../../src/transformer/shapes.ts';
import { makeTransformer } from '../../src/transformer/transformer.ts';
import { random } from '../backend/arrays.ts';

const TOY_TRANSFORMER = await readTransformerRecipe('toy-transformer');

const toy = await readModelConfig('fixtures/models/toy');
const config = { ...toy, transformer: { ...toy.transformer, embed_dim: 32, depth: 2, num_heads: 2, num_key_value_heads: 1 } };
const b = referenceBackend();
const weights = initializeTransformer(transformerShapes(config.transformer, config.quantizer), 4);
const model = makeTransformer(config.transformer, config.quantizer, residentWeights(b, weights));

const captions = ['short', 'longer', 'longest', 'short too'];
const texts = new Map([3, 5, 8, 3].map((length, i) => [captions[i], random([length, 32], i)]));
const data = { videos: { captions, features: random([4, 64, 5, 4, 4], 9) } };
const stage = { ...TOY_TRANSFORMER.stages[0], frames: 17 };

function batchOf(rows: readonly number[], tokens = 4096, draws = drawsFrom(seededUniforms(7))): Promise<TrainingBatch> {
  const source = { backend: b, config, recipe: { ...TOY_TRANSFORMER, tokens }, textOf: (caption: string) => texts.get(caption)! };
  return drawBatch(source, stage, 'videos', data, rows, { draws, strength: 0.3, training: false });
}

async function lossOf({ sequence, texts: given, weights: shares }: TrainingBatch): Promise<number> {
  const { loss } = await sequenceLoss(b, model, sequence, given.map(({ text }) => b.upload(text))); // (B, V)
  return (await b.read(weightedLoss(b, loss, shares))).data[0];
}

describe('captions of different lengths', () => {
  it('have in one sequence the mean of their own losses', async () => {
    const packed = await batchOf([0, 1, 2]);
    expect(packed.sequence.inputs.shape).toEqual([1, 3 * 150, 64]);
    const draws = drawsFrom(seededUniforms(7)); // the same decisions, sample after sample
    const alone: number[] = [];
    for (const row of [0, 1, 2]) alone.push(await lossOf(await batchOf([row], 4096, draws)));
    expect(new Set(alone.map((loss) => loss.toFixed(4))).size).toBe(3);
    expect(await lossOf(packed)).toBeCloseTo(alone.reduce((sum, loss) => sum + loss) / 3, 5);
  });

  it('take no more tokens than a sequence has: the last scales are left out', async () => {
    const { sequence, texts: kept } = await batchOf([0, 1], 150 + 30 + 8); // one sample, the picture of the next, both texts
    expect(sequence.scales).toHaveLength(8 + 4);
    expect(kept).toHaveLength(2);
    const one = await batchOf([0, 1], 150 + 8);
    expect(one.sequence.scales).toHaveLength(8);
    expect(one.texts).toHaveLength(1);
    expect(await lossOf(one)).toBeGreaterThan(0);
    await expect(batchOf([0, 1], 8)).rejects.toThrow(ArgumentError);
  });
});

it('captions of one length are rows of a batch', async () => {
  expect((await batchOf([0, 3])).sequence.inputs.shape).toEqual([2, 150, 64]);
});

it('drawn alike, samples of a step have captions of one length, and none is drawn more often than others', () => {
  const lengths = [3, 5, 8, 3, 3, 5];
  const uniforms = seededUniforms(3);
  const often = lengths.map(() => 0);
  for (let step = 0; step < 3000; step++) {
    const rows = drawRows(uniforms.next(8), lengths.length, (row) => lengths[row]);
    expect(new Set(rows.map((row) => lengths[row])).size).toBe(1);
    for (const row of rows) often[row] += 1 / (8 * 3000);
  }
  for (const share of often) expect(Math.abs(share - 1 / 6)).toBeLessThan(0.03);
});
