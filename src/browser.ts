/**
 * The library for browsers: no built-in modules of Node on any path from here. Models are fetched; what computes is
 * WebGPU, gpu.js (WebGPU, WebGL 2) or WebAssembly, and the readable backend to compare with.
 *
 * `npm run build:browser` makes one file of it.
 *
 * @packageDocumentation
 */

export { gpujsBackend } from '../backends/gpujs/index.ts';
export type { Counts, GpujsOptions } from '../backends/gpujs/index.ts';
export { gpuModes, reportOf } from '../backends/gpujs/index.ts';
export { webgpuBackend, webgpuReport } from '../backends/webgpu/index.ts';
export type { WebgpuCounts, WebgpuOptions } from '../backends/webgpu/index.ts';
export { wasmBackend } from '../backends/wasm/index.ts';
export { referenceBackend } from '../reference/backend.ts';
export { hostTensor, rowMajor } from './array/host.ts';
export type { HostArray, HostBits, HostTensor, Shape } from './array/host.ts';
export type { Backend } from './backend/backend.ts';
export * from './errors.ts';
export { memorySource } from './io/byte-source.ts';
export { fromImageData, toImageData, toRgba } from './io/image-data.ts';
export type { GivenVideo, PlainFrames, Video } from './io/picture.ts';
export { upscale } from './io/upscale.ts';
export { decodeWebp } from './io/webp-browser.ts';
export { openZip, readMember } from './io/zip.ts';
export { fetchedFiles } from './model/fetched.ts';
export type { ModelFiles } from './model/files.ts';
export { openModel } from './model/open.ts';
export type { Model } from './model/open.ts';
export { decodeBits, encodeBits, tokenizerInput } from './pipeline/bits.ts';
export type { DecodeBitsOptions } from './pipeline/bits.ts';
export { generateVideo, planGenerate, preparedPrompt } from './pipeline/generate.ts';
export type { GeneratePlan, GenerateRequest, OnFrames } from './pipeline/generate.ts';
export { interactVideo } from './pipeline/interact.ts';
export type { InteractRequest } from './pipeline/interact.ts';
export { generateClips, joinVideos } from './pipeline/long-video.ts';
export { defaultFrames, pixelSize, planSchedule } from './pipeline/plan.ts';
export { promptNotices } from './pipeline/prompt-notice.ts';
export { readPrompts } from './pipeline/prompts.ts';
export { psnr } from './pipeline/psnr.ts';
export { reconstructVideo, usableLength } from './pipeline/reconstruct.ts';
export type { Reconstruction, ReconstructRequest } from './pipeline/reconstruct.ts';
export { samplingOf } from './pipeline/sampling.ts';
export { streamVideo } from './pipeline/stream.ts';
export type { FrameNews, GenerationNews, StepNews } from './pipeline/stream.ts';
export { clipContexts } from './pyramid/clips.ts';
export { expandSteps } from './pyramid/repetition.ts';
export { FRAMES_PER_LATENT } from './pyramid/schedule.ts';
export type { Schedule } from './pyramid/schedule.ts';
export { vocabularyOf } from './quantizer/vocabulary.ts';
export { inverseFrequencies } from './rope/frequencies.ts';
export { gridRows } from './rope/visual-rope.ts';
export { drawBits, probabilityOfZero } from './sampler/draw.ts';
export { guide } from './sampler/guidance.ts';
export type { GuidanceRule, SamplingRule } from './sampler/rules.ts';
export type { OnStep, StepReport } from './sampler/sample.ts';
export { seededUniforms } from './sampler/uniforms.ts';
export { compareTraces } from './trace/compare.ts';
export type { StageDifference } from './trace/compare.ts';
export { bitMargins } from './trace/margin.ts';
export { memoryTrace } from './trace/memory.ts';
export type { MemoryTrace } from './trace/memory.ts';
export { readTrace, readTraceArchive } from './trace/read.ts';
export type { TraceReader, TraceStage } from './trace/read.ts';
export { isOutline } from './trace/stages.ts';
