/** The parts of training, one by one, where the golden cases do not reach. */

import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../reference/backend.ts';
import type { HostTensor } from '../../src/array/host.ts';
import { hostTensor, rowMajor } from '../../src/array/host.ts';
import { recorder } from '../../src/autograd/differentiate.ts';
import { ArgumentError, ShapeError } from '../../src/errors.ts';
import { RELEASED_CONTEXT } from '../../src/pyramid/clips.ts';
import { expandSteps } from '../../src/pyramid/repetition.ts';
import { makeSchedule } from '../../src/pyramid/schedule.ts';
import { RELEASED_LOSS_CONFIG } from '../../src/quantizer/losses.ts';
import { residualEncode } from '../../src/quantizer/residual-encode.ts';
import type { Quantizer } from '../../src/quantizer/vocabulary.ts';
import { seededUniforms } from '../../src/sampler/uniforms.ts';
import { adamwStep, initialState, RELEASED_ADAMW } from '../../src/training/adamw.ts';
import { drawsFrom } from '../../src/training/draws.ts';
import { dropCaptions } from '../../src/training/drop-captions.ts';
import { learningRate } from '../../src/training/learning-rate.ts';
import { updateAverage } from '../../src/training/moving-average.ts';
import { packSequence, scalesWithin } from '../../src/training/pack.ts';
import { quantizeThrough } from '../../src/training/quantize-through.ts';
import { tokenWeights } from '../../src/training/reweight.ts';
import { trainingScales } from '../../src/training/training-scales.ts';
import { build, expectClose, random } from '../backend/arrays.ts';

const schedule = makeSchedule([[1, 1], [2, 2], [3, 4]], 2, 3);
const quantizer: Quantizer = {
  channels: 8,
  config: {
    use_two_stage_lfq: 1,
    semantic_scale_dim: 4,
    detail_scale_dim: 8,
    detail_scale_min_tokens: 5,
    use_learnable_dim_proj: 0,
  },
};
const repetition = { image_scale_repetition: [2, 3, 1], video_scale_repetition: [1, 2, 1] };
const options = { repetition, context: RELEASED_CONTEXT, errors: { noise_apply_strength: 0.3 } };

describe('quantizeThrough', () => {
  it('has the codes of residual encoding in value, and leaves out dropped scales sample by sample', async () => {
    const b = referenceBackend();
    const features = random([2, 8, 3, 3, 4]);
    const encode = async (sample: number, scales: readonly number[]): Promise<HostTensor> => {
      const own = hostTensor(features.data.slice(sample * 288, (sample + 1) * 288), [1, 8, 3, 3, 4]);
      const steps = expandSteps(schedule, repetition).filter(({ si }) => scales.includes(si % 3));
      return b.read((await residualEncode(b, quantizer, schedule, steps, b.upload(own))).codes);
    };
    const x = b.upload(features);
    const { backend } = recorder(b, [x]);
    const dropped = [[false, false, false], [false, true, false]];
    const { codes } = await quantizeThrough(backend, quantizer, schedule, repetition, x, dropped, RELEASED_LOSS_CONFIG);
    const got = rowMajor(await backend.read(codes));
    const [all, some] = [await encode(0, [0, 1, 2]), await encode(1, [0, 2])];
    expectClose(hostTensor(got.slice(0, 288), [1, 8, 3, 3, 4]), all, 1e-5);
    expectClose(hostTensor(got.slice(288), [1, 8, 3, 3, 4]), some, 1e-5);
  });
});

describe('training scales and packing', () => {
  const encodeBatch = async (seed: number) => {
    const b = referenceBackend();
    return trainingScales(b, quantizer, schedule, b.upload(random([2, 8, 3, 3, 4])), drawsFrom(seededUniforms(seed)), options);
  };

  it('draws every repetition, none twice, and flips but the last scale', async () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 12; seed++) {
      const scales = await encodeBatch(seed);
      expect(scales.map(({ si }) => si)).toEqual([0, 1, 2, 3, 4, 5]);
      for (const { si, realSi } of scales) seen.add(`${si}:${realSi}`);
      expect(rowMajor(scales[5].corrupted)).toEqual(rowMajor(scales[5].bits));
    }
    expect([...seen].sort()).toEqual(['0:0', '0:1', '1:2', '1:3', '1:4', '2:5', '3:6', '4:7', '4:8', '5:9']);
  });

  it('pads, and numbers references anew where scales are left out', async () => {
    const scales = await encodeBatch(1);
    const rope = { head_dim: 8, text_maxlen: 16 };
    const some = scales.filter(({ si }) => [2, 3, 5].includes(si));
    const sequence = packSequence(rope, [{ scales: some, fullSize: [3, 4], textLength: 2 }], 50);
    expect(sequence.lengths).toEqual([12, 2, 24, 2, 10]);
    expect(sequence.visible.map((row) => row.map(Number))).toEqual([[1, 0, 0, 1], [1, 1, 0, 1], [1, 0, 1, 1], [0, 0, 0, 1]]);
    expect(sequence.inputs.shape).toEqual([2, 38, 8]);
    expect(sequence.rope.shape).toEqual([2, 50, 4]);
    expect(sequence.inputs.get(1, 13, 5)).toBe(some[1].input.get(1, 1, 5));
    expect(() => packSequence(rope, [{ scales: scales.slice(3), fullSize: [3, 4], textLength: 2 }])).toThrow(ArgumentError);
    expect(() => packSequence(rope, [{ scales, fullSize: [3, 4], textLength: 2 }], 20)).toThrow(ArgumentError);
  });

  it('takes scales until the sequence is full; what follows a cut sample gets nothing', () => {
    const image = makeSchedule([[1, 1], [2, 2], [3, 4]], 2, 1).scales; // 1 + 4 + 12 tokens
    expect(scalesWithin(100, [image, image], [3, 3])).toEqual([3, 3]);
    expect(scalesWithin(28, [image, image], [3, 3])).toEqual([3, 2]);
    expect(scalesWithin(12, [image, image], [3, 3])).toEqual([2, 0]);
  });
});

describe('losses', () => {
  it('weights: all tokens alike without reweighting, small scales up to the limit with it; they sum to 1', () => {
    const scales = [[1, 1, 1], [1, 2, 2], [1, 8, 8]].map(([t, h, w]) => ({ scale: [t, h, w], largest: [1, 8, 8] }) as const);
    const alike = tokenWeights({ reweight_loss_by_scale: 0, max_reweight_value: 40 }, scales);
    expectClose(alike, build([1, 69], () => 1 / 69), 1e-6);
    const weights = tokenWeights({ reweight_loss_by_scale: 1, max_reweight_value: 5 }, scales);
    expect(weights.get(0, 0) / weights.get(0, 68)).toBeCloseTo(5, 4); // √64 = 8, cut to 5
    expect(weights.get(0, 1) / weights.get(0, 68)).toBeCloseTo(4, 4); // √16
    expect(weights.data.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
  });

  it('drops the captions that are told, exactly', async () => {
    const b = referenceBackend();
    const [text, learned] = [random([3, 2, 4], 1), random([5, 4], 2)];
    const got = await b.read(dropCaptions(b, b.upload(text), b.upload(learned), [false, true, false]));
    expectClose(got, build([3, 2, 4], (n, i, c) => (n === 1 ? learned.get(i, c) : text.get(n, i, c))), 0);
    expect(() => dropCaptions(b, b.upload(text), b.upload(learned), [true])).toThrow(ShapeError);
  });
});

describe('optimizer', () => {
  it('decays matrices and nothing else', () => {
    const parameters = new Map(['w', 'v', 'g', 'u.bias'].map((key) => [key, build(key === 'w' ? [2, 2] : key === 'g' ? [2, 1, 1] : [2], () => 1)]));
    const gradients = new Map([...parameters].map(([key, { shape }]) => [key, build(shape, () => 0)]));
    adamwStep(parameters, gradients, initialState(parameters), 0.1, { ...RELEASED_ADAMW, weight_decay: 0.5 });
    expect([...parameters].map(([key, { data }]) => [key, data[0]])).toEqual([['w', Math.fround(0.95)], ['v', 1], ['g', 1], ['u.bias', 1]]);
  });

  it('warms up, then follows a half cosine to its end', () => {
    const config = { peak: 2, warmUp: 4, end: 0.1 };
    expect([0, 1, 3].map((t) => learningRate(config, t, 104))).toEqual([0.5, 1, 2]);
    expect(learningRate(config, 4, 104)).toBe(2);
    expect(learningRate(config, 54, 104)).toBeCloseTo(1.1);
    expect(learningRate(config, 104, 104)).toBeCloseTo(0.2);
    expect(learningRate({ ...config, warmUp: 0, end: 1 }, 50, 100)).toBe(2);
  });

  it('averages slowly, but not from the first step on', () => {
    const average = new Map([['w', build([1], () => 0)]]);
    const parameters = new Map([['w', build([1], () => 1)]]);
    updateAverage(average, parameters, 0.99, 0);
    expect(average.get('w')!.data[0]).toBeCloseTo(0.9);
    updateAverage(average, parameters, 0.99, 10_000);
    expect(average.get('w')!.data[0]).toBeCloseTo(0.901);
  });
});
