/** `infinitystar/batch`: many samples with names, seeds and a manifest (docs/scale.md). */

export type { Layout } from '../batch/layout.ts';
export { readManifest } from '../batch/manifest.ts';
export type { ManifestLine } from '../batch/manifest.ts';
export { writeOverview } from '../batch/overview.ts';
export { derivedSeed, planBatch } from '../batch/plan.ts';
export type { BatchOptions, Sample } from '../batch/plan.ts';
export { parsePrompts, plainPrompt } from '../batch/prompts-file.ts';
export type { BatchPrompt } from '../batch/prompts-file.ts';
export { rewritePrompt } from '../batch/rewrite.ts';
export type { RewriteOptions } from '../batch/rewrite.ts';
export { runBatch } from '../batch/run.ts';
export type { BatchRun } from '../batch/run.ts';
