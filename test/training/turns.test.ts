/** A clip after a turn, packed for training, is what interactive sampling computes step by step. */

import { expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import { residentWeights } from '../../src/backend/weights.ts';
import { readModelConfig } from '../../src/model/directory.ts';
import { initializeTransformer } from '../../src/model/initialize.ts';
import { planSchedule } from '../../src/pipeline/plan.ts';
import { fullSize } from '../../src/quantizer/running-code.ts';
import { nextClipRepetition, nextClipSchedule, sampleNextClip } from '../../src/sampler/interact.ts';
import { seededUniforms } from '../../src/sampler/uniforms.ts';
import { drawsFrom } from '../../src/training/draws.ts';
import { packSequence } from '../../src/training/pack.ts';
import { sequenceLoss } from '../../src/training/sequence-loss.ts';
import { trainingConditions, trainingScales } from '../../src/training/training-scales.ts';
import { transformerShapes } from '../../src/transformer/shapes.ts';
import { makeTransformer, ropeConfig } from '../../src/transformer/transformer.ts';
import { random } from '../backend/arrays.ts';

it('has the loss of the logits that sampling computes for the same bits', async () => {
  const toy = await readModelConfig('fixtures/models/toy');
  const config = { ...toy.transformer, embed_dim: 32, depth: 2, num_heads: 2, num_key_value_heads: 1 };
  const b = referenceBackend();
  const weights = initializeTransformer(transformerShapes(config, toy.quantizer), 4);
  const model = makeTransformer(config, toy.quantizer, residentWeights(b, weights));
  const quantizer = { config: toy.quantizer, channels: 64 };
  const whole = planSchedule(toy.schedule, 17, 1);
  const schedule = nextClipSchedule(whole);
  const settings = { semanticScale: 1, detailFrames: [2, 3] };
  const former = { features: b.upload(random([1, 64, 5, 4, 4], 1)), firstFrame: b.upload(random([1, 64, 1, 4, 4], 2)) };
  const clip = b.upload(random([1, 64, 4, 4, 4], 3)); // (1, C, N, h, w)
  const text = random([6, 32], 5);

  // Every scale once, without errors: then training sees the codes that sampling accumulates.
  const repetition = nextClipRepetition({ image_scale_repetition: [9, 9, 9, 9], video_scale_repetition: [1, 1, 1, 1] });
  const scales = await trainingScales(b, quantizer, schedule, clip, drawsFrom(seededUniforms(0)), {
    repetition, context: toy.context, errors: { noise_apply_strength: 0 },
  });
  const conditions = await trainingConditions(b, former, schedule, settings);
  const sample = { scales, conditions, fullSize: fullSize(schedule), textLength: 6 };
  const sequence = packSequence(ropeConfig(config), [sample]);
  const texts = [b.reshape(b.upload(text), [1, 6, 32])];
  const { loss } = await sequenceLoss(b, model, sequence, texts); // (1, V)
  const got = (await b.read(loss)).data;

  const expected: number[] = [];
  const forced = { scales: 4, bits: scales.map(({ bits }) => bits) };
  const request = {
    schedule, repetition, context: toy.context, text, cfg: [1, 1, 1, 1], tau: [1, 1, 1, 1],
    semanticScales: toy.sampling.semantic_scales,
    guidance: { method: 'cfg' } as const, forced,
  };
  await sampleNextClip(b, model, quantizer, request, former, settings, seededUniforms(0), ({ logits, bits }) => {
    const [, tokens, double] = logits.shape; // (1, L, 2d)
    const width = double / 2;
    for (let token = 0; token < tokens; token++) {
      let sum = 0;
      for (let bit = 0; bit < width; bit++) {
        const [zero, one] = [0, 1].map((label) => logits.data[token * double + 2 * bit + label]);
        const sign = bits.data[token * width + bit] === 1 ? 1 : -1;
        sum += Math.log1p(Math.exp(-sign * (one - zero)));
      }
      expected.push(sum / width);
    }
  });
  expect(expected).toHaveLength(4 * 30);
  expect(got).toHaveLength(4 * 30);
  for (const [i, value] of expected.entries()) expect(got[i]).toBeCloseTo(value, 4);
});
