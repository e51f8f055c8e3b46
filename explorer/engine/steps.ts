/** The steps of a run: planned, drawn, turned. */

import {
  bitMargins, clipContexts, drawBits, expandSteps, hostTensor, planGenerate, preparedPrompt, readPrompts, rowMajor, samplingOf,
  vocabularyOf,
} from '../../src/browser.ts';
import type { HostBits, MemoryTrace, Model, SamplingRule, Schedule, StepReport, Video } from '../../src/browser.ts';
import type { Film, Flip, RunRequest, StepInfo, StepValues } from './protocol.ts';

/** A step with its bits in both forms. */
export interface DrawnStep {
  readonly si: number;
  readonly realSi: number;
  /** (1, t, h, w, d) */
  readonly bits: HostBits;
  readonly flat: Uint8Array;
  readonly uniforms: ArrayLike<number>;
  readonly guided: Float64Array;
}

export interface Plan {
  readonly schedule: Schedule;
  readonly infos: readonly Omit<StepInfo, 'milliseconds'>[];
  readonly words: readonly string[];
  readonly notice: string;
}

/** A request as the library takes it: what is turned goes by another way. */
export function settingsOf(request: RunRequest): Omit<RunRequest, 'flips'> {
  const settings: Partial<RunRequest> = { ...request };
  delete (settings as { flips?: unknown }).flips;
  return settings as Omit<RunRequest, 'flips'>;
}

/** @throws ArgumentError naming what the model cannot do. */
export async function planSteps(model: Model, request: RunRequest): Promise<Plan> {
  const settings = settingsOf(request);
  const { config } = model;
  const { schedule, frames } = planGenerate(model, settings);
  const contexts = clipContexts(schedule, config.context);
  const { cfg, tau } = samplingOf(config.sampling, settings, schedule);
  const infos = expandSteps(schedule, config.sampling).map(({ si, repeat, realSi }, index) => {
    const size = schedule.scales[si];
    const { name, width } = vocabularyOf(config.quantizer, size);
    const { clip, start, end, references } = contexts[si];
    return {
      index, clip, scale: si % schedule.scalesPerClip, repeat, si, realSi, size, width, vocabulary: name, start, end, references,
      tau: tau[si], cfg: cfg[si],
    };
  });
  const [{ text, notice = '' }] = readPrompts(model, [request.prompt], request.seed);
  const words = await model.promptPieces(await preparedPrompt(config, text, frames));
  return { schedule, infos, words, notice };
}

export function drawnStep({ si, realSi, bits, guided }: StepReport, uniforms: ArrayLike<number>): DrawnStep {
  return { si, realSi, bits, flat: rowMajor(bits), uniforms, guided };
}

/** The paper's rule, with bits turned afterwards: what follows sees them so, and draws with the same uniforms. */
export function flipping(flips: readonly Flip[], infos: readonly Pick<StepInfo, 'index' | 'realSi'>[]): SamplingRule {
  const indices = new Map(infos.map(({ index, realSi }) => [realSi, index]));
  return (logits, uniforms, { realSi }) => {
    const bits = drawBits(logits, uniforms);
    for (const { step, bit } of flips) if (step === indices.get(realSi) && bit < bits.length) bits[bit] ^= 1;
    return bits;
  };
}

/** The same steps with bits turned, and nothing drawn again. */
export function withFlips(drawn: readonly DrawnStep[], flips: readonly Flip[]): DrawnStep[] {
  return drawn.map((step, index) => {
    const own = flips.filter((flip) => flip.step === index && flip.bit < step.flat.length);
    if (own.length === 0) return step;
    const flat = Uint8Array.from(step.flat);
    for (const { bit } of own) flat[bit] ^= 1;
    return { ...step, flat, bits: hostTensor(flat, step.bits.shape) };
  });
}

export function stepValues(trace: MemoryTrace, step: DrawnStep, { clip, scale, repeat }: Pick<StepInfo, 'clip' | 'scale' | 'repeat'>): StepValues {
  const logits = trace.get(`clip${clip}/scale${scale}/rep${repeat}/logits`); // (rows, L, 2·bits)
  const values = rowMajor(logits);
  const count = step.flat.length;
  const row = (index: number): Float32Array => Float32Array.from({ length: count }, (_, i) => {
    const at = 2 * (index * count + i);
    return values[at + 1] - values[at];
  });
  return {
    bits: Uint8Array.from(step.flat), margin: bitMargins(step.guided, step.uniforms),
    uniforms: Float64Array.from(step.uniforms), guided: Float64Array.from(step.guided),
    prompt: row(0), none: row(logits.shape[0] - 1),
  };
}

/** A copy that may be handed to the page. */
export function filmOf(frames: Video['frames']): Film {
  const [t, h, w] = frames.shape as [number, number, number, number];
  return { t, h, w, data: Uint8Array.from(rowMajor(frames)) };
}

export async function digestOf(drawn: readonly DrawnStep[]): Promise<string> {
  const bytes = new Uint8Array(drawn.reduce((sum, { flat }) => sum + flat.length, 0));
  let at = 0;
  for (const { flat } of drawn) {
    bytes.set(flat, at);
    at += flat.length;
  }
  const hash = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
