/** The largest arrays of requests, against what the webgpu backend asks of a device that does nothing; and what is too large. */

import { describe, expect, it } from 'vitest';
import { decode, requestFor, sample } from '../../bench/models.ts';
import type { BenchModel } from '../../bench/models.ts';
import { nullWebgpu } from '../../bench/null-device.ts';
import { SIZES, TEXT_TOKENS } from '../../bench/sizes.ts';
import type { Shape } from '../../src/array/host.ts';
import { hostZeros } from '../../src/array/host.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { residentWeights } from '../../src/backend/weights.ts';
import { MemoryError } from '../../src/errors.ts';
import type { ModelConfig } from '../../src/model/directory.ts';
import type { Model } from '../../src/model/load.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';
import { checkArrays, largestArrays } from '../../src/pipeline/largest-array.ts';
import { planSchedule } from '../../src/pipeline/plan.ts';
import { featureChannels } from '../../src/tokenizer/levels.ts';
import { tokenizerShapes } from '../../src/tokenizer/shapes.ts';
import { makeTokenizer } from '../../src/tokenizer/tokenizer.ts';
import { transformerShapes } from '../../src/transformer/shapes.ts';
import { makeTransformer } from '../../src/transformer/transformer.ts';

const { tiny } = SIZES;
const larger: ModelConfig = { ...tiny, schedule: { ...tiny.schedule, scales: [[1, 1], [4, 5]] } };

function makeModel(b: Backend, config: ModelConfig): BenchModel {
  const { tokenizer, transformer, quantizer } = config;
  const zeros = (shapes: ReadonlyMap<string, Shape>) => {
    return residentWeights(b, new Map([...shapes].map(([key, shape]) => [key, hostZeros(shape)])));
  };
  return {
    config,
    tokenizer: makeTokenizer(tokenizer, zeros(tokenizerShapes(tokenizer))),
    transformer: makeTransformer(transformer, quantizer, zeros(transformerShapes(transformer, quantizer))),
    quantizer: { config: quantizer, channels: featureChannels(tokenizer) },
  };
}

/** Samples and decodes where no array has more than so many bytes. */
async function runWithin(most: number, config: ModelConfig, frames: number): Promise<void> {
  const b = nullWebgpu(most);
  const model = makeModel(b, config);
  await b.scope('test', async (b) => decode(b, model, await sample(b, model, requestFor(config, frames))));
}

describe('the largest array', () => {
  it.each<[string, ModelConfig, number]>([
    ['a picture', larger, 1],
    ['a video', larger, 17],
    ['two clips', { ...larger, schedule: { ...larger.schedule, video_frames: 33 } }, 33],
    ['a wide transformer', { ...larger, transformer: { ...larger.transformer, embed_dim: 256, mlp_ratio: 16 } }, 17],
  ])('of %s fits exactly', async (_, config, frames) => {
    const { sampling, decoding } = largestArrays(config, planSchedule(config.schedule, frames), true, TEXT_TOKENS);
    const most = Math.max(sampling, decoding);
    await runWithin(most, config, frames);
    await expect(runWithin(most - 4, config, frames)).rejects.toThrow(MemoryError);
  });

  it('of a request is refused with its stage and size where none is so large', () => {
    const schedule = planSchedule(larger.schedule, 17);
    const { sampling, decoding } = largestArrays(larger, schedule, true);
    const check = (cfg: number, most?: number) => (): void => checkArrays(larger, schedule, { cfg: [cfg] }, most);
    expect(check(3)).not.toThrow();
    expect(check(3, decoding)).not.toThrow();
    expect(check(3, decoding - 4)).toThrow(MemoryError);
    expect(check(3, decoding - 4)).toThrow(/^decoding needs an array of 1[\d.]+ MiB, and one has at most [\d.]+ MiB/);
    expect(check(3, sampling - 4)).toThrow(/^sampling needs/);
    expect(check(1, sampling - 4)).toThrow(/^decoding needs/); // without guidance half as many rows
  });

  it('is asked for before anything is computed', async () => {
    const b = nullWebgpu(1e5);
    const model = { ...makeModel(nullWebgpu(), larger), backend: b, encodePrompt: () => Promise.reject(new Error('computed')) };
    const generating = generateVideo(model as unknown as Model, { prompt: 'a shape', frames: 17 });
    await expect(generating).rejects.toThrow(/^17 frames of 80×64 take more memory .*fewer frames/);
    expect(b.counts.launches).toBe(0);
  });
});
