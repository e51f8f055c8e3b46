/** A thread that makes samples (batch-threads.ts): opens the model that the options name, tells of every sample. */

import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { ManifestLine } from '../batch/manifest.ts';
import type { Sample } from '../batch/plan.ts';
import { makeSamples } from '../batch/run.ts';
import type { BatchRun } from '../batch/run.ts';
import { InfinityStarError } from '../errors.ts';
import { requestOf } from './generate-request.ts';
import type { RequestOptions } from './generate-request.ts';
import { openModel } from './model.ts';
import type { ModelOptions } from './model.ts';
import { backendOf } from './options.ts';
import { enlarged } from './result.ts';
import type { ResultOptions } from './result.ts';

export interface ThreadStart {
  /** With the number of threads that compute here. */
  readonly options: ModelOptions & RequestOptions & ResultOptions;
  readonly run: Pick<BatchRun, 'folder' | 'shard' | 'settings' | 'modelHash' | 'version'>;
  readonly samples: readonly Sample[];
  /** Number of the sample that nobody has taken yet, shared by all threads. */
  readonly next: Int32Array;
}

export type ThreadNews = { readonly line: ManifestLine } | { readonly failed: string };

async function makeTaken(
  { options, run, samples, next }: ThreadStart, tell: (news: ThreadNews) => void, signal: AbortSignal,
): Promise<void> {
  const backend = await backendOf(options, signal);
  try {
    const model = await openModel(options, backend);
    const request = { ...(await requestOf(options, model)), signal };
    const whole: BatchRun = { ...run, request, finish: (frames) => enlarged(frames, options) };
    await makeSamples(model, taken(samples, next), whole, async (line) => tell({ line }));
    await model.close();
  } finally {
    await backend.close();
  }
}

function* taken(samples: readonly Sample[], next: Int32Array): Generator<Sample> {
  for (;;) {
    const i = Atomics.add(next, 0, 1);
    if (i >= samples.length) return;
    yield samples[i];
  }
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  const controller = new AbortController();
  port.on('message', () => controller.abort());
  const tell = (news: ThreadNews): void => port.postMessage(news);
  makeTaken(workerData as ThreadStart, tell, controller.signal).catch((error: unknown) => {
    if (controller.signal.aborted) return; // whoever stopped it knows why
    tell({ failed: error instanceof InfinityStarError ? error.message : `internal error: ${String(error)}` });
  }).finally(() => port.close());
}
