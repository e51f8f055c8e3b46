/**
 * Makes the samples of a batch one after the other, each written whole with its line in the manifest before the next begins: a
 * kill at any moment loses the one in work at most. Samples of one prompt share its features.
 */

import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { NdArray } from 'ndarray';
import type { HostTensor } from '../array/host.ts';
import { writeMedia } from '../io/write-media.ts';
import type { Model } from '../model/load.ts';
import { generateVideo } from '../pipeline/generate.ts';
import type { GenerateRequest } from '../pipeline/generate.ts';
import type { ManifestLine } from './manifest.ts';
import { appendLine, isDone, manifestName, readManifest, sha256 } from './manifest.ts';
import type { Sample } from './plan.ts';

export interface BatchRun {
  readonly folder: string;
  readonly shard: readonly [number, number];
  /** For all samples; each adds its prompt and seed. */
  readonly request: Omit<GenerateRequest, 'prompt' | 'seed' | 'onStep'>;
  /** Of every result, before it is written. */
  readonly finish?: (frames: NdArray<Uint8Array>) => NdArray<Uint8Array>;
  /** Of the request, and what else the results depend on, for the manifest. */
  readonly settings: ManifestLine['settings'];
  /** Of the model's files. */
  readonly modelHash: string;
  readonly version: string;
  /** Told after every sample; `made` is false for one that was there already. */
  readonly onSample?: (sample: Sample, done: number, made: boolean) => void;
}

/** @throws FileError if something cannot be written; InfinityStarError as generateVideo. */
export async function runBatch(model: Model, samples: readonly Sample[], run: BatchRun): Promise<void> {
  const { folder, settings, modelHash } = run;
  await mkdir(folder, { recursive: true });
  const manifest = join(folder, manifestName(run.shard));
  const finished = await readManifest(manifest);
  const sharing = withSharedFeatures(model);
  for (const [i, sample] of samples.entries()) {
    const done = await isDone(folder, finished.get(sample.path), sample, settings, modelHash);
    if (!done) await appendLine(manifest, await makeSample(sharing, sample, run));
    run.onSample?.(sample, i + 1, !done);
  }
}

async function makeSample(
  model: Model, { path, prompt, index, sample, seed }: Sample, run: BatchRun,
): Promise<ManifestLine> {
  const { folder, request, finish = (frames) => frames, settings, modelHash, version } = run;
  const started = performance.now();
  const file = join(folder, ...path.split('/'));
  await mkdir(dirname(file), { recursive: true });
  const video = await generateVideo(model, { ...request, prompt: prompt.text, seed });
  await writeMedia(file, finish(video.frames), video.fps ?? model.config.schedule.fps);
  return {
    path, prompt: prompt.name, text: prompt.text, index, sample, seed, settings, model: modelHash, version,
    seconds: Math.round(performance.now() - started) / 1000,
    sha256: sha256(await readFile(file)),
  };
}

/** The features of the last prompt are kept. */
function withSharedFeatures(model: Model): Model {
  let last: { readonly prompt: string; readonly features: Promise<HostTensor> } | undefined;
  return {
    ...model,
    encodePrompt(prompt) {
      if (last?.prompt !== prompt) last = { prompt, features: model.encodePrompt(prompt) };
      return last.features;
    },
  };
}
