/** What a page and the worker that has a model say to each other: one message a call, and its answers by the call's number. */

import type { ModelConfig } from '../model/parse-config.ts';
import type { GivenVideo, PlainFrames } from '../io/picture.ts';
import type { GenerateRequest } from '../pipeline/generate.ts';
import type { InteractRequest } from '../pipeline/interact.ts';
import type { Reconstruction } from '../pipeline/reconstruct.ts';

/** What cannot be sent stays away: functions, signals, and a given video but as plain bytes. */
type Sendable<T> = Omit<T, 'onStep' | 'onFrames' | 'signal' | 'draw' | 'guidance' | 'start'> & {
  readonly guidance?: 'cfg' | 'apg';
  readonly start?: GivenVideo;
};

export type WorkerGenerateRequest = Sendable<GenerateRequest>;
export type WorkerInteractRequest = Sendable<InteractRequest>;

/** What computes in the worker; `gpu`: the fastest way of gpu.js that runs there. */
export type WorkerBackend = 'wasm' | 'gpu' | 'reference';

export interface OpenRequest {
  /** Address of the model directory, or the address of each of its files by name. */
  readonly model: string | Readonly<Record<string, string>>;
  readonly backend: WorkerBackend;
}

export interface OpenedModel {
  readonly config: ModelConfig;
}

/** What is told of a step. */
export interface WorkerStep {
  readonly index: number;
  readonly total: number;
  readonly clip: number;
  readonly scale: number;
  readonly repeat: number;
  readonly size: readonly [number, number, number];
  /** (t·h·w·d), 0 or 1 each. */
  readonly bits: Uint8Array;
}

export interface WorkerVideo {
  readonly frames: PlainFrames;
  readonly fps: number | null;
}

export type Call =
  | { readonly call: 'open'; readonly request: OpenRequest }
  | { readonly call: 'generate'; readonly request: WorkerGenerateRequest }
  | { readonly call: 'interact'; readonly request: WorkerInteractRequest }
  | { readonly call: 'reconstruct'; readonly request: { readonly video: GivenVideo; readonly scales?: readonly number[] } }
  | { readonly call: 'notices'; readonly request: { readonly prompts: readonly string[]; readonly seed?: number } }
  | { readonly call: 'close' }
  /** Ends another call. */
  | { readonly call: 'cancel'; readonly other: number };

export type CallMessage = Call & { readonly id: number };

export type News =
  | { readonly kind: 'step'; readonly step: WorkerStep }
  | { readonly kind: 'frames'; readonly frames: PlainFrames; readonly first: number }
  | { readonly kind: 'clip'; readonly video: WorkerVideo }
  | { readonly kind: 'reconstruction'; readonly made: Omit<Reconstruction, 'frames'> & { readonly frames: PlainFrames } };

export type Answer =
  | News
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly name: string; readonly message: string };

export type AnswerMessage = Answer & { readonly id: number };

/** The ends of a channel that both sides use. */
export interface Port {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  addEventListener(type: 'message' | 'error', listener: (event: { readonly data?: unknown; readonly message?: string }) => void): void;
}
