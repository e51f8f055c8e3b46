/** Memory is predicted: what a request takes on the wasm backend, against the estimate; and requests that take too much. */

import { describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/wasm/index.ts';
import type { BenchModel } from '../../bench/models.ts';
import { decode, requestFor, sample } from '../../bench/models.ts';
import { nullWebgpu } from '../../bench/null-device.ts';
import { SIZES, TEXT_TOKENS } from '../../bench/sizes.ts';
import type { Shape } from '../../src/array/host.ts';
import { hostZeros } from '../../src/array/host.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { residentWeights } from '../../src/backend/weights.ts';
import { ArgumentError, MemoryError } from '../../src/errors.ts';
import type { ModelConfig } from '../../src/model/directory.ts';
import { estimateMemory, naming } from '../../src/pipeline/memory.ts';
import { planSchedule } from '../../src/pipeline/plan.ts';
import { featureChannels } from '../../src/tokenizer/levels.ts';
import { tokenizerShapes } from '../../src/tokenizer/shapes.ts';
import { makeTokenizer } from '../../src/tokenizer/tokenizer.ts';
import { transformerShapes } from '../../src/transformer/shapes.ts';
import { makeTransformer } from '../../src/transformer/transformer.ts';

const { small } = SIZES;
const wide: ModelConfig = { ...small, transformer: { ...small.transformer, embed_dim: 256, num_heads: 8 } };
const long: ModelConfig = { ...small, schedule: { ...small.schedule, video_frames: 33 } };
const large: ModelConfig = { ...small, schedule: { ...small.schedule, scales: [[1, 1], [2, 3], [4, 6], [6, 9]] } };
const fine: ModelConfig = {
  ...small, tokenizer: { ...small.tokenizer, block_out_channels: [16, 16, 32, 32, 32], layers_per_block: 2 },
};

const NO_WEIGHTS = { backend: 0, host: 0 };

/** Memory does not depend on the values of weights. */
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

describe('estimateMemory', () => {
  it.each<[string, ModelConfig, number]>([
    ['a picture', small, 1],
    ['a video', small, 17],
    ['two clips', long, 33],
    ['a wide transformer', wide, 17],
    ['large frames', large, 17],
    ['another tokenizer', fine, 17],
  ])('is within a quarter of what %s takes besides the weights', async (_, config, frames) => {
    const b = await wasmBackend({ threads: 1 });
    const model = makeModel(b, config);
    const weights = b.memory.used;
    await b.scope('test', async (b) => decode(b, model, await sample(b, model, requestFor(config, frames))));
    const { backend } = estimateMemory(config, planSchedule(config.schedule, frames), NO_WEIGHTS, TEXT_TOKENS);
    const ratio = backend / (b.memory.peak - weights);
    expect(ratio).toBeGreaterThan(0.75);
    expect(ratio).toBeLessThan(1.25);
  });

  it.each<[string, ModelConfig, number]>([
    ['a picture', small, 1],
    ['a video', small, 17],
    ['two clips', long, 33],
    ['a wide transformer', wide, 17],
    ['large frames', large, 17],
    ['another tokenizer', fine, 17],
  ])('is within a quarter of the buffers that webgpu has after %s, besides the weights', async (_, config, frames) => {
    const b = nullWebgpu(); // its buffers do not depend on values
    const model = makeModel(b, config);
    const weights = b.counts.bytes;
    await b.scope('test', async (b) => decode(b, model, await sample(b, model, requestFor(config, frames))));
    const nothing = { backend: 0, host: 0 };
    const { backend } = estimateMemory(config, planSchedule(config.schedule, frames), nothing, TEXT_TOKENS, b.name);
    const ratio = backend / (b.counts.reservedBytes - weights);
    expect(ratio).toBeGreaterThan(0.75);
    expect(ratio).toBeLessThan(1.25);
  });

  it('covers the steps of sampling where they take more than decoding', async () => {
    const config: ModelConfig = { ...large, transformer: { ...large.transformer, embed_dim: 256, num_heads: 8, mlp_ratio: 8 } };
    const b = await wasmBackend({ threads: 1 });
    const model = makeModel(b, config);
    const weights = b.memory.used;
    await b.scope('test', async (b) => void (await sample(b, model, requestFor(config, 17))));
    const { parts } = estimateMemory(config, planSchedule(config.schedule, 17), NO_WEIGHTS, TEXT_TOKENS);
    const ratio = parts.find(({ part }) => part === 'sampling')!.bytes / (b.memory.peak - weights);
    expect(ratio).toBeGreaterThan(0.75);
    expect(ratio).toBeLessThan(1.25);
  });
});

describe('a request that takes too much memory', () => {
  it('is named, with what to reduce', async () => {
    const b = await wasmBackend({ threads: 1 });
    const act = naming('81 frames of 864×480', async () => {
      b.expand(b.upload(hostZeros([1, 1])), [100_000, 64_000]);
    });
    await expect(act).rejects.toThrow(MemoryError);
    await expect(act).rejects.toThrow(/^81 frames of 864×480 take more memory .* fewer frames .*4 GiB/);
  });

  it('is not taken for another fault', async () => {
    const fault = new ArgumentError('frames', 'at least 1', 0);
    await expect(naming('1 frame', () => Promise.reject(fault))).rejects.toBe(fault);
  });
});
