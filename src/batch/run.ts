/**
 * Makes the samples of a batch, each written whole, with its line in the manifest after it: what is finished stays, and a kill at
 * any moment loses what is in work alone. Samples go through the transformer together (pipeline/together.ts), and their codes are
 * kept until they are written (kept-codes.ts); those of one prompt share its features.
 */

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { NdArray } from 'ndarray';
import type { HostTensor } from '../array/host.ts';
import { makeFolder } from '../io/files.ts';
import type { Video } from '../io/picture.ts';
import { writeMedia } from '../io/write-media.ts';
import type { Model } from '../model/load.ts';
import type { GenerateRequest } from '../pipeline/generate.ts';
import { generateTogether } from '../pipeline/together.ts';
import type { OwnRequest } from '../pipeline/together.ts';
import { KeptCodes } from './kept-codes.ts';
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

/**
 * Makes samples and writes them.
 * @param samples are asked for a batch at a time. @param onLine is told of every one that has been written, and awaited.
 */
export type MakeSamples = (samples: readonly Sample[], onLine: (line: ManifestLine) => Promise<void>) => Promise<void>;

/**
 * @param make how; on the model, one batch after the other, unless given.
 * @throws FileError if something cannot be written; InfinityStarError as generateVideo.
 */
export async function runBatch(
  model: Model, samples: readonly Sample[], run: BatchRun,
  make: MakeSamples = (missing, onLine) => makeSamples(model, missing, run, onLine),
): Promise<void> {
  const { folder, settings, modelHash } = run;
  await makeFolder(folder);
  const manifest = join(folder, manifestName(run.shard));
  const finished = await readManifest(manifest);
  const missing = new Map<string, Sample>();
  let done = 0;
  for (const sample of samples) {
    if (await isDone(folder, finished.get(sample.path), sample, settings, modelHash)) run.onSample?.(sample, ++done, false);
    else missing.set(sample.path, sample);
  }
  const codes = keptCodes(run);
  await make([...missing.values()], async (line) => {
    await appendLine(manifest, line);
    await codes.forget(line.text, line.seed);
    run.onSample?.(missing.get(line.path)!, ++done, true);
  });
  await codes.forgetAll();
}

/** As {@link MakeSamples}, on the model. While a sample is written, the next one is decoded. */
export async function makeSamples(
  model: Model, samples: Iterable<Sample>, run: BatchRun, onLine: (line: ManifestLine) => Promise<void>,
): Promise<void> {
  const codes = keptCodes(run);
  const asked: Sample[] = []; // and not made yet
  const own = function* (): Generator<OwnRequest> {
    for (const sample of samples) {
      asked.push(sample);
      const { prompt: { text: prompt }, seed } = sample;
      yield { prompt, seed, codes: codes.placeOf(prompt, seed) };
    }
  };
  let started = performance.now();
  let writing: Promise<unknown> = Promise.resolve();
  try {
    for await (const video of generateTogether(withSharedFeatures(model), run.request, own())) {
      const seconds = Math.round(performance.now() - started) / 1000;
      await writing;
      const written = writeSample(model, asked.shift()!, video, seconds, run).then(onLine);
      written.catch(() => undefined); // thrown where it is awaited
      writing = written;
      started = performance.now();
    }
    await writing;
  } finally {
    await writing.catch(() => undefined); // nothing is written any more after this
  }
}

function keptCodes({ folder, shard: [part, parts], settings, modelHash, version }: BatchRun): KeptCodes {
  return new KeptCodes(join(folder, parts === 1 ? 'unfinished' : `unfinished-${part}-of-${parts}`), [settings, modelHash, version]);
}

/** @param seconds since the sample before. */
async function writeSample(
  model: Model, { path, prompt, index, sample, seed }: Sample, video: Video, seconds: number, run: BatchRun,
): Promise<ManifestLine> {
  const { folder, finish = (frames) => frames, settings, modelHash, version } = run;
  const file = join(folder, ...path.split('/'));
  await makeFolder(dirname(file));
  await writeMedia(file, finish(video.frames), video.fps ?? model.config.schedule.fps);
  return {
    path, prompt: prompt.name, text: prompt.text, index, sample, seed, settings, model: modelHash, version, seconds,
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
