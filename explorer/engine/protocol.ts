/** What the page and its worker say to each other. Everything here can be cloned. */

import type { Shape, StageDifference, TraceStage } from '../../src/browser.ts';

/** (T, H, W, 3) bytes. */
export interface Film {
  readonly t: number;
  readonly h: number;
  readonly w: number;
  readonly data: Uint8Array;
}

export interface Values {
  readonly shape: Shape;
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** A bit that is turned: of an executed step, counted from 0, its flat index over (token, bit). */
export interface Flip {
  readonly step: number;
  readonly bit: number;
}

export interface RunRequest {
  readonly prompt: string;
  readonly seed: number;
  readonly frames: number;
  readonly cfg?: number;
  readonly guidance?: 'cfg' | 'apg';
  readonly tauImage?: number;
  readonly tauVideo?: number;
  readonly flips: readonly Flip[];
}

export interface StepInfo {
  readonly index: number;
  readonly clip: number;
  readonly scale: number;
  readonly repeat: number;
  readonly si: number;
  readonly realSi: number;
  /** t, h, w in latent cells. */
  readonly size: readonly [number, number, number];
  /** Bits a token, and which vocabulary they are of. */
  readonly width: number;
  readonly vocabulary: 'semantic' | 'detail';
  /** Latent frames [start, end) of the clip. */
  readonly start: number;
  readonly end: number;
  /** Scales, by si, whose last repetition it sees besides text and itself. */
  readonly references: readonly number[];
  readonly tau: number;
  readonly cfg: number;
  readonly milliseconds: number;
}

export interface ModelInfo {
  readonly name: string;
  readonly backend: string;
  readonly depth: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly headDim: number;
  readonly textMax: number;
  readonly cfg: number;
  readonly guidance: 'cfg' | 'apg';
  readonly threshold: number;
  readonly tauImage: number;
  readonly tauVideo: number;
  /** Lengths of videos that it makes, in frames. */
  readonly lengths: readonly number[];
  readonly defaultFrames: number;
  readonly scalesPerClip: number;
  readonly fullSize: readonly [number, number];
  readonly fps: number;
}

export interface RunInfo {
  readonly request: RunRequest;
  readonly steps: readonly StepInfo[];
  readonly film: Film;
  readonly seconds: number;
  /** The prompt's tokens as the text encoder gets them. */
  readonly words: readonly string[];
  /** Words that the model does not know, in a sentence. */
  readonly notice: string;
  /** SHA-256 of all bits, in the order of the steps. */
  readonly digest: string;
}

/** One step as it was drawn. */
export interface StepValues {
  /** 0 or 1 for every (token, bit). */
  readonly bits: Uint8Array;
  readonly margin: Float32Array;
  /** In doubles, as they decided. */
  readonly uniforms: Float64Array;
  /** Two logits a bit, tempered and guided. */
  readonly guided: Float64Array;
  /** l₁ − l₀ of the head, before temperature: of the prompt and of the null text. */
  readonly prompt: Float32Array;
  readonly none: Float32Array;
}

export interface GuidanceSettings {
  readonly method: 'cfg' | 'apg';
  readonly cfg: number;
  readonly tau: number;
  readonly threshold: number;
}

export interface Redrawn {
  readonly bits: Uint8Array;
  /** l₁ − l₀, tempered and guided. */
  readonly difference: Float64Array;
  readonly changed: number;
  /** After this step, with the bits as they were before it. */
  readonly film: Film;
  readonly milliseconds: number;
}

export interface Changed {
  readonly film: Film;
  readonly milliseconds: number;
  /** Bits of the whole run that differ, and decibels between the two videos. */
  readonly bits: number;
  readonly psnr: number;
}

export interface Encoded {
  readonly original: Film;
  readonly steps: readonly Pick<StepInfo, 'si' | 'scale' | 'clip' | 'repeat' | 'size' | 'width' | 'vocabulary'>[];
}

export interface Reconstructed {
  readonly film: Film;
  readonly psnr: number;
  readonly bits: number;
}

export interface TraceInfo {
  readonly header: Readonly<Record<string, unknown>>;
  readonly stages: readonly TraceStage[];
}

export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What the worker does, one call after the other. */
export interface Methods {
  open(model: string, backend: string): Promise<ModelInfo>;
  run(request: RunRequest): Promise<RunInfo>;
  /** A value of the run's trace, or of an opened one. */
  value(trace: TraceSlot, name: string): Promise<Values>;
  step(index: number): Promise<StepValues>;
  /** What is drawn after a step. */
  after(index: number): Promise<Film>;
  /** The run with bits turned: decoded only, or all that follows drawn again. */
  change(flips: readonly Flip[], redraw: boolean): Promise<Changed>;
  redraw(index: number, settings: GuidanceSettings): Promise<Redrawn>;
  encode(film: Film): Promise<Encoded>;
  /** @param kept scales within a clip. @param noise share of all bits that are turned, by their place. */
  reconstruct(kept: readonly number[], noise: number): Promise<Reconstructed>;
  traces(): Promise<Readonly<Record<TraceSlot, TraceInfo | undefined>>>;
  openTrace(slot: 'a' | 'b', files: readonly NamedFile[]): Promise<TraceInfo>;
  compare(): Promise<readonly StageDifference[]>;
}

/** The run on the page, and two opened traces. */
export type TraceSlot = 'run' | 'a' | 'b';

export type Call =
  | { readonly id: number; readonly method: keyof Methods; readonly args: readonly unknown[] }
  | { readonly cancel: true };

export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly text: string;
}

export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string; readonly cancelled: boolean }
  | { readonly progress: Progress };
