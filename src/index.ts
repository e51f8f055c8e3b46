/**
 * InfinityStar (arXiv 2511.04675) in TypeScript.
 *
 * ```ts
 * import { generate } from 'infinitystar';
 *
 * const video = await generate({ prompt: 'a red circle moving right on a white background' });
 * // video.frames: uint8 ndarray (T, H, W, 3), video.fps
 * ```
 *
 * {@link loadModel} with {@link generateVideo}, {@link interactVideo} and {@link reconstructVideo} give more control;
 * {@link Backend} is what computes.
 *
 * @packageDocumentation
 */

export type { BlockMatrix } from './array/block-matrix.ts';
export type { HalfTensor } from './array/half-tensor.ts';
export type { StoredValues } from './array/stored.ts';
export { hostTensor } from './array/host.ts';
export type { HostArray, HostBits, HostTensor, Shape } from './array/host.ts';
export { Tensor } from './backend/backend.ts';
export type { Backend, MapFunction, MatmulOptions, ResizeMode } from './backend/backend.ts';
export { observe } from './backend/observe.ts';
export type { StageReport } from './backend/observe.ts';
export type { WeightStore, Weights } from './backend/weights.ts';
export { backendNames, makeBackend } from './backends.ts';
export type { BackendOptions } from './backends.ts';
export * from './errors.ts';
export { generate } from './generate.ts';
export type { GenerateOptions } from './generate.ts';
export { fromImageData, toImageData, toRgba } from './io/image-data.ts';
export type { VideoPart, WantedSize } from './io/ffmpeg.ts';
export type { GivenVideo, Picture, PlainFrames, Video } from './io/picture.ts';
export { upscale } from './io/upscale.ts';
export { UPSCALING } from './io/upscale.ts';
export type { Upscaling } from './io/upscale.ts';
export { readMedia } from './io/read-media.ts';
export { writeMedia } from './io/write-media.ts';
export type * from './model/config.ts';
export { defaultModel } from './model/default.ts';
export type { ModelConfig } from './model/directory.ts';
export { loadModel } from './model/load.ts';
export type { LoadOptions, Model } from './model/load.ts';
export type { Precision } from './model/open.ts';
export type { PromptReader, PromptReading, ReadingOptions } from './prompt/reader.ts';
export { generateVideo, planGenerate } from './pipeline/generate.ts';
export type { GeneratePlan, GenerateRequest, OnFrames } from './pipeline/generate.ts';
export { streamVideo } from './pipeline/stream.ts';
export type { FrameNews, GenerationNews, StepNews } from './pipeline/stream.ts';
export { generateTogether } from './pipeline/together.ts';
export type { CodePlace, OwnRequest } from './pipeline/together.ts';
export { generateClips, joinVideos } from './pipeline/long-video.ts';
export { interactVideo } from './pipeline/interact.ts';
export type { InteractRequest } from './pipeline/interact.ts';
export type { SamplingChanges, SamplingSettings } from './pipeline/sampling.ts';
export { reconstructVideo } from './pipeline/reconstruct.ts';
export type { Reconstruction, ReconstructRequest } from './pipeline/reconstruct.ts';
export { RELEASED_CONTEXT } from './pyramid/clips.ts';
export type { ContextConfig } from './pyramid/clips.ts';
export type { Step } from './pyramid/repetition.ts';
export type { Scale } from './pyramid/scales.ts';
export type { Schedule } from './pyramid/schedule.ts';
export type { Quantizer } from './quantizer/vocabulary.ts';
export { diverseDraw } from './sampler/diverse.ts';
export type { DiverseOptions } from './sampler/diverse.ts';
export type { TokenPruning } from './sampler/fast-star.ts';
export { drawBits, probabilityOfZero } from './sampler/draw.ts';
export { guide, projectedGuidance } from './sampler/guidance.ts';
export type { Guidance, ProjectedGuidance } from './sampler/guidance.ts';
export type { GuidanceRule, GuidanceSettings, SamplingRule } from './sampler/rules.ts';
export type { OnStep, StepReport } from './sampler/sample.ts';
export type { StepResult } from './sampler/step.ts';
export type { Tokenizer } from './tokenizer/tokenizer.ts';
export type { Transformer } from './transformer/transformer.ts';
