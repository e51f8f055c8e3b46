/** The parts of a model of one of the sizes on a backend, and its requests. */

import type { HostTensor } from '../src/array/host.ts';
import { hostTensor } from '../src/array/host.ts';
import type { Backend, Tensor } from '../src/backend/backend.ts';
import { residentWeights } from '../src/backend/weights.ts';
import type { ModelConfig } from '../src/model/directory.ts';
import { initializeTokenizer, initializeTransformer } from '../src/model/initialize.ts';
import { planSchedule } from '../src/pipeline/plan.ts';
import { samplingOf } from '../src/pipeline/sampling.ts';
import type { Quantizer } from '../src/quantizer/vocabulary.ts';
import { collectFrames, decodeFrames } from '../src/sampler/frames.ts';
import type { SampleRequest } from '../src/sampler/request.ts';
import { sampleCodes } from '../src/sampler/sample.ts';
import type { OnStep } from '../src/sampler/sample.ts';
import { seededUniforms } from '../src/sampler/uniforms.ts';
import { featureChannels } from '../src/tokenizer/levels.ts';
import { tokenizerShapes } from '../src/tokenizer/shapes.ts';
import { makeTokenizer } from '../src/tokenizer/tokenizer.ts';
import type { Tokenizer } from '../src/tokenizer/tokenizer.ts';
import { transformerShapes } from '../src/transformer/shapes.ts';
import { makeTransformer } from '../src/transformer/transformer.ts';
import type { Transformer } from '../src/transformer/transformer.ts';
import { TEXT_TOKENS } from './sizes.ts';

export interface BenchModel {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly transformer: Transformer;
  readonly quantizer: Quantizer;
}

/** @param store keeps the weights of the transformer. */
export function makeModel(b: Backend, config: ModelConfig, store = residentWeights): BenchModel {
  const { tokenizer, transformer, quantizer } = config;
  return {
    config,
    tokenizer: makeTokenizer(tokenizer, residentWeights(b, initializeTokenizer(tokenizerShapes(tokenizer), 1))),
    transformer: makeTransformer(
      transformer, quantizer, store(b, initializeTransformer(transformerShapes(transformer, quantizer), 2)),
    ),
    quantizer: { config: quantizer, channels: featureChannels(tokenizer) },
  };
}

/** Text to image (one frame) or text to video. */
export function requestFor({ schedule: config, transformer, context, sampling }: ModelConfig, frames: number): SampleRequest {
  const schedule = planSchedule(config, frames);
  return {
    schedule,
    context,
    text: noise([TEXT_TOKENS, transformer.text_channels]), // (L, text_channels)
    ...samplingOf(sampling, {}, schedule),
    semanticScales: sampling.semantic_scales,
  };
}

/** (1, C, t, h, w) */
export function sample(b: Backend, model: BenchModel, request: SampleRequest, onStep?: OnStep): Promise<Tensor> {
  return sampleCodes(b, model.transformer, model.quantizer, request, seededUniforms(0), onStep);
}

export async function decode(b: Backend, { tokenizer }: BenchModel, codes: Tensor): Promise<void> {
  await collectFrames(decodeFrames(b, tokenizer, codes));
}

/** Uniform in ±1. */
export function noise(shape: readonly number[]): HostTensor {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return hostTensor(Float32Array.from(seededUniforms(3).next(size), (x) => 2 * x - 1), shape);
}
