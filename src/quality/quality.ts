/** Compares two forms of a model over prompts: per scale with the reference's history, and whole runs of the same seed. */

import { ArgumentError } from '../errors.ts';
import type { Video } from '../io/picture.ts';
import type { Model } from '../model/open.ts';
import { generateVideo } from '../pipeline/generate.ts';
import type { GenerateRequest } from '../pipeline/generate.ts';
import { psnr } from '../pipeline/psnr.ts';
import type { StepQuality } from './forced-history.ts';
import { History } from './forced-history.ts';

export interface Figures {
  readonly bits: number;
  /** Share of bits that the two would draw alike. */
  readonly equal: number;
  /** Nats a bit. */
  readonly kl: number;
  /** Root mean square of the differences of ℓ₁ − ℓ₀. */
  readonly logitError: number;
}

export interface Quality {
  /** By index of the scale in the schedule. */
  readonly scales: ReadonlyMap<number, Figures>;
  readonly all: Figures;
  /** Of whole runs with the same seed, each with its own history: dB, infinite where they are the same. */
  readonly psnr: readonly number[];
}

export type QualityRequest = Pick<GenerateRequest, 'prompt' | 'frames' | 'ratio' | 'seed' | 'signal'>;

/** What the reference made of a request. */
export interface ReferenceRun {
  readonly request: QualityRequest;
  readonly history: History;
  readonly video: Video;
}

/** Runs the reference; afterwards it is not needed any more, so that two large models need not be in memory together. */
export async function runReference(model: Model, requests: readonly QualityRequest[]): Promise<ReferenceRun[]> {
  const runs: ReferenceRun[] = [];
  for (const request of requests) {
    const history = new History();
    runs.push({ request, history, video: await generateVideo(model, { ...request, draw: history.record }) });
  }
  return runs;
}

/** @throws ArgumentError if the model has another schedule or vocabulary than the reference. */
export async function compareQuality(model: Model, runs: readonly ReferenceRun[]): Promise<Quality> {
  if (runs.length === 0) throw new ArgumentError('requests', 'at least one', runs);
  const steps: StepQuality[] = [];
  const decibels: number[] = [];
  for (const { request, history, video } of runs) {
    await generateVideo(model, { ...request, draw: history.replay((quality) => steps.push(quality)) });
    const free = await generateVideo(model, request);
    decibels.push(psnr(video.frames, free.frames));
  }
  const scales = [...new Set(steps.map(({ si }) => si))].sort((a, b) => a - b);
  return {
    scales: new Map(scales.map((si) => [si, figures(steps.filter((step) => step.si === si))])),
    all: figures(steps),
    psnr: decibels,
  };
}

function figures(steps: readonly StepQuality[]): Figures {
  const sum = (value: (step: StepQuality) => number): number => steps.reduce((total, step) => total + value(step), 0);
  const bits = sum((step) => step.bits);
  return {
    bits,
    equal: sum((step) => step.equal) / bits,
    kl: sum((step) => step.kl) / bits,
    logitError: Math.sqrt(sum((step) => step.squares) / bits),
  };
}
