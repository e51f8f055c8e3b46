/**
 * The loop of every training run: gradients, AdamW, moving average, log, checkpoint, page. It ends after its steps, when the
 * time is up, or when it is told to, and goes on from its checkpoint the next time.
 */

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { ArgumentError, FileError } from '../../errors.ts';
import { writeFileAtomic } from '../../io/atomic.ts';
import { fileError, isFolder } from '../../io/files.ts';
import { adamwStep, globalNorm, initialState } from '../adamw.ts';
import type { AdamWConfig } from '../adamw.ts';
import { updateAverage } from '../moving-average.ts';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { withLock } from './lock.ts';
import { RunLog } from './log.ts';
import type { Metrics } from './log.ts';
import { runPage } from './page.ts';
import type { RunSample } from './page.ts';
import { newState } from './state.ts';
import type { TrainingState, Values } from './state.ts';

/** How one step is taken. */
export interface StepPlan {
  readonly rate: number;
  /** Whether the optimizer forgets its moments first: a new stage begins. */
  readonly restart: boolean;
  readonly adamw: AdamWConfig;
  /** Of the moving average. */
  readonly decay: number;
}

/** What is trained. */
export interface TrainingTask {
  readonly steps: number;
  /** Shown in the curves. */
  readonly stages?: readonly { readonly name: string; readonly steps: number }[];
  /** What the run depends on, in words that can be compared. */
  readonly settings: string;
  initial(): Values;
  /** What was trained together with what was not; without it all is trained. */
  whole?(trained: Values): Values;
  plan(step: number): StepPlan;
  gradients(step: number, parameters: Values): Promise<{ readonly gradients: Values; readonly metrics: Metrics }>;
  /** Measures the averaged weights, at every checkpoint. */
  validate(step: number, average: Values): Promise<Metrics>;
  /** Pictures of what the averaged weights make, for the page. */
  samples?(step: number, average: Values): Promise<readonly RunSample[]>;
}

export interface RunOptions {
  /** Holds checkpoint, log and page; made if missing. */
  readonly folder: string;
  readonly minutes?: number;
  /** A checkpoint after so many steps, and at the end in any case. */
  readonly checkpointEvery: number;
  /** Ends the run, with a checkpoint: after a step, or within one where the task computes under the same signal. */
  readonly stop?: AbortSignal;
  readonly onStep?: (step: number, steps: number, metrics: Metrics) => void;
}

export interface RunResult {
  readonly state: TrainingState;
  readonly finished: boolean;
}

/** @throws FileError if the checkpoint is damaged or cannot be written; ArgumentError if it is of another run. */
export async function runTraining(task: TrainingTask, options: RunOptions): Promise<RunResult> {
  const { folder, minutes = Infinity, checkpointEvery } = options;
  if (!(checkpointEvery >= 1)) throw new ArgumentError('checkpointEvery', 'at least 1', checkpointEvery);
  const until = performance.now() + minutes * 60_000;
  if (existsSync(folder) && !(await isFolder(folder))) throw new FileError(folder, 'is a file; a run needs a folder');
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw fileError(folder, error);
  });
  return withLock(folder, () => trainIn(task, { ...options, until }));
}

async function trainIn(task: TrainingTask, options: RunOptions & { readonly until: number }): Promise<RunResult> {
  const { folder, checkpointEvery, stop, onStep, until } = options;
  let state = (await loadCheckpoint(folder, task)) ?? newState(task.initial());
  const log = new RunLog(folder);
  await log.rewind(state.step);
  let saved = state.step;
  const save = async (): Promise<void> => {
    await saveCheckpoint(folder, state, task.settings);
    saved = state.step;
    await writePage(task, folder, state, log, stop);
  };
  while (state.step < task.steps && performance.now() < until && stop?.aborted !== true) {
    const done = await unlessStopped(stop, () => trainStep(task, state));
    if (done === undefined) break;
    const { state: next, metrics } = done;
    const atCheckpoint = next.step % checkpointEvery === 0 || next.step === task.steps;
    const measured = atCheckpoint ? await unlessStopped(stop, () => task.validate(state.step, next.average)) : {};
    await log.add(state.step, { ...metrics, ...measured });
    onStep?.(state.step, task.steps, { ...metrics, ...measured });
    state = next;
    if (atCheckpoint) await save();
  }
  if (saved < state.step) await save();
  return { state, finished: state.step >= task.steps };
}

/** @returns nothing if the signal has ended it. */
async function unlessStopped<T>(stop: AbortSignal | undefined, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (stop?.aborted !== true || error !== stop.reason) throw error;
    return undefined;
  }
}

async function writePage(
  task: TrainingTask, folder: string, { step, average }: TrainingState, log: RunLog, stop?: AbortSignal,
): Promise<void> {
  const { steps, stages = [] } = task;
  const samples = (await unlessStopped(stop, async () => task.samples?.(step - 1, average))) ?? [];
  const page = runPage({ title: basename(resolve(folder)), steps, stages, lines: await log.lines(), samples });
  await writeFileAtomic(join(folder, 'log.html'), new TextEncoder().encode(page));
}

/** One step; `state` changes in place. */
export async function trainStep(task: TrainingTask, state: TrainingState): Promise<{ state: TrainingState; metrics: Metrics }> {
  const started = performance.now();
  const { step, parameters, average } = state;
  const { rate, restart, adamw, decay } = task.plan(step);
  const { gradients, metrics } = await task.gradients(step, parameters);
  // Before anything is changed: the state stays that of the last good step, and its checkpoint is kept.
  if (!Number.isFinite(metrics['loss'] ?? 0) || !Number.isFinite(globalNorm(gradients))) {
    throw new ArgumentError(`training, step ${step + 1}`, 'a finite loss and gradient (the last checkpoint is kept)', metrics['loss'] ?? NaN);
  }
  const before = restart ? initialState(parameters) : state.adam;
  const { state: adam, norm } = adamwStep(parameters, gradients, before, rate, adamw);
  updateAverage(average, parameters, decay, step);
  const seconds = (performance.now() - started) / 1000;
  return {
    state: { step: step + 1, parameters, average, adam },
    metrics: { ...metrics, rate, norm, seconds: Math.round(seconds * 1000) / 1000 },
  };
}
