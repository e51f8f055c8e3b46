/**
 * Samples on several threads, each with a model of its own (batch-thread.ts): operations of a small model are too short to be
 * shared among processors, whole samples are not. Every thread takes the next samples when it is free; the bits of one are the
 * same on each.
 */

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { processors } from '../../backends/wasm/index.ts';
import type { ManifestLine } from '../batch/manifest.ts';
import type { MakeSamples } from '../batch/run.ts';
import { InfinityStarError } from '../errors.ts';
import { packageFile } from '../io/package-file.ts';
import type { Model } from '../model/load.ts';
import { estimateMemory } from '../pipeline/memory.ts';
import type { GeneratePlan } from '../pipeline/generate.ts';
import type { ThreadStart, ThreadNews } from './batch-thread.ts';

/** Bytes that the models of all threads may take, and those of a thread beside its model. */
const MOST_BYTES = 2 ** 30;
const THREAD_BYTES = 2 ** 27;

export interface Parts {
  /** Models, each on a thread, that make samples at the same time. */
  readonly models: number;
  /** Threads that compute for each of them. */
  readonly threads: number;
}

/** Bytes of all weights in a model's folder. */
function weightBytes(directory: string): number {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(safetensors|gguf)$/.test(name));
  return names.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}

/**
 * As many models as there are processors, samples, and as fit in memory; one where something else than processors computes.
 * @param options what the user wants of either.
 */
export async function partsOf(
  model: Model, directory: string, { schedule }: GeneratePlan, samples: number,
  { models: wanted, threads = Infinity }: Partial<Parts>,
): Promise<Parts> {
  const available = Math.min(threads, await processors());
  const each = THREAD_BYTES + estimateMemory(model.config, schedule, { backend: weightBytes(directory), host: 0 }).total;
  const fitting = model.backend.name === 'wasm' ? Math.min(available, Math.floor(MOST_BYTES / each)) : 1;
  const models = Math.max(1, Math.min(wanted ?? fitting, samples));
  return { models, threads: Math.max(1, Math.floor(available / models)) };
}

/** @param signal ends all threads, each when it has left nothing half done. */
export function onThreads(models: number, start: Omit<ThreadStart, 'samples' | 'next'>, signal: AbortSignal): MakeSamples {
  return async (samples, onLine) => {
    if (samples.length === 0) return;
    const next = new Int32Array(new SharedArrayBuffer(4));
    const failed = new AbortController();
    const end = AbortSignal.any([signal, failed.signal]);
    const threads = Array.from({ length: Math.min(models, samples.length) }, () => {
      return onThread({ ...start, samples, next }, onLine, end).catch((error: unknown) => {
        failed.abort(error); // the first error is that of all
        throw error;
      });
    });
    await Promise.allSettled(threads);
    end.throwIfAborted();
  };
}

/** Resolves or rejects when the thread has ended and all its lines are written. */
function onThread(start: ThreadStart, onLine: (line: ManifestLine) => Promise<void>, signal: AbortSignal): Promise<void> {
  // What it notes on standard error has been said here.
  const worker = new Worker(packageFile('bin/infinitystar.js'), { workerData: { ...start, script: 'cli/batch-thread' }, stderr: true });
  const stop = (): void => worker.postMessage('stop');
  const failures: unknown[] = [];
  const fail = (error: unknown): void => {
    failures.push(error);
    stop();
  };
  let written = Promise.resolve();
  worker.on('message', (news: ThreadNews) => {
    if ('line' in news) written = written.then(() => onLine(news.line)).catch(fail);
    else fail(new InfinityStarError(news.failed));
  });
  worker.on('error', fail);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  return new Promise((resolve, reject) => {
    worker.once('exit', () => {
      signal.removeEventListener('abort', stop);
      void written.then(() => (failures.length === 0 ? resolve() : reject(failures[0] as Error)));
    });
  });
}
