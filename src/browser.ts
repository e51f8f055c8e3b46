/**
 * The library for browsers: no built-in modules of Node on any path from here. Models are fetched; what computes is
 * gpu.js (WebGPU, WebGL 2) or WebAssembly, and the readable backend to compare with.
 *
 * `npm run build:browser` makes one file of it.
 *
 * @packageDocumentation
 */

export { gpujsBackend } from '../backends/gpujs/index.ts';
export type { Counts, GpujsOptions } from '../backends/gpujs/index.ts';
export { gpuModes, reportOf } from '../backends/gpujs/index.ts';
export { wasmBackend } from '../backends/wasm/index.ts';
export { referenceBackend } from '../reference/backend.ts';
export * from './errors.ts';
export type { Video } from './io/picture.ts';
export { decodeWebp } from './io/webp-browser.ts';
export { fetchedFiles } from './model/fetched.ts';
export type { ModelFiles } from './model/files.ts';
export { openModel } from './model/open.ts';
export type { Model } from './model/open.ts';
export { generateVideo, planGenerate } from './pipeline/generate.ts';
export type { GeneratePlan, GenerateRequest } from './pipeline/generate.ts';
export { promptNotices } from './pipeline/prompt-notice.ts';
export type { OnStep, StepReport } from './sampler/sample.ts';
