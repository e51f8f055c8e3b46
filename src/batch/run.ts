/**
 * Makes the samples of a batch, each written whole with its line in the manifest before the next one is: what is finished stays,
 * and a kill at any moment loses what is in work alone. Samples go through the transformer together (pipeline/together.ts);
 * those of one prompt share its features.
 */

import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { NdArray } from 'ndarray';
import type { HostTensor } from '../array/host.ts';
import type { Video } from '../io/picture.ts';
import { writeMedia } from '../io/write-media.ts';
import type { Model } from '../model/load.ts';
import type { GenerateRequest } from '../pipeline/generate.ts';
import { generateTogether } from '../pipeline/together.ts';
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
  const missing: Sample[] = [];
  let done = 0;
  for (const sample of samples) {
    if (await isDone(folder, finished.get(sample.path), sample, settings, modelHash)) run.onSample?.(sample, ++done, false);
    else missing.push(sample);
  }
  const own = missing.map(({ prompt, seed }) => ({ prompt: prompt.text, seed }));
  let started = performance.now();
  let next = 0;
  for await (const video of generateTogether(withSharedFeatures(model), run.request, own)) {
    const sample = missing[next++];
    await appendLine(manifest, await writeSample(model, sample, video, started, run));
    started = performance.now();
    run.onSample?.(sample, ++done, true);
  }
}

/** @param started when the work on it began. */
async function writeSample(
  model: Model, { path, prompt, index, sample, seed }: Sample, video: Video, started: number, run: BatchRun,
): Promise<ManifestLine> {
  const { folder, finish = (frames) => frames, settings, modelHash, version } = run;
  const file = join(folder, ...path.split('/'));
  await mkdir(dirname(file), { recursive: true });
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
