/**
 * Spacetime autoregressive sampling: text (and conditions) in, latent codes of a picture or video out.
 *
 *   prefix → cache
 *   for every clip, every scale, every repetition:  one step (step.ts), seeing the scale's references, the text,
 *   the conditions and itself; keys and values of the last repetition enter the cache if a later scale needs them.
 *
 * Text to image is a schedule with the image pyramid alone; image to video and continuation are forced bits.
 * A step's tensors are freed at its end, a scale's keys and values as soon as no later scale refers to them: between
 * steps there live the prefix, one scale of the preceding clip, and one code per clip.
 *
 * Source: InfinityStar §3.1–3.4; models/infinity.py:ar_infer_infinity_elegant. Spec S1–S8. Official clips must all have
 * the last clip's length; here each clip keeps its own.
 */

import type { HostTensor } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { clipContexts } from '../pyramid/clips.ts';
import { expandSteps } from '../pyramid/repetition.ts';
import type { Step } from '../pyramid/repetition.ts';
import type { Scale } from '../pyramid/scales.ts';
import { emptyCode } from '../quantizer/running-code.ts';
import type { Quantizer } from '../quantizer/vocabulary.ts';
import { KeyValueCache } from '../transformer/cache.ts';
import type { Transformer } from '../transformer/transformer.ts';
import { keptCells } from './fast-star.ts';
import { prefill } from './prefill.ts';
import { checkRequest } from './request.ts';
import type { SampleRequest } from './request.ts';
import { sampleStep } from './step.ts';
import type { StepResult } from './step.ts';
import type { Uniforms } from './uniforms.ts';

/** What is told about a finished step. */
export interface StepReport extends Step, StepResult {
  /** Position among the executed steps, and their number. */
  readonly index: number;
  readonly total: number;
  /** 0 is the image. */
  readonly clip: number;
  /** Index of the scale within its clip. */
  readonly scale: number;
  /** [t, h, w] in latent cells. */
  readonly size: Scale;
  /** (1, C, t, H, W): the clip's running code after the step. To be used during the call only. */
  readonly code: Tensor;
}

/** Called after every step and awaited: for progress, comparison, traces and previews. `b` can read `code`. */
export type OnStep = (report: StepReport, b: Backend) => void | Promise<void>;

/** What is its own of each of several samples that are made together. */
export interface OwnSample {
  /** (L, text_channels), L the same for all. */
  readonly text: HostTensor;
  readonly uniforms: Uniforms;
  readonly onStep?: OnStep;
}

/**
 * Samples all clips of a request. The stages are named `sample/clip<c>/scale<s>/rep<r>`.
 * @returns (1, C, T, H, W): the summed codes of all clips, one after the other in time.
 * @throws ArgumentError or ShapeError if the request does not fit its schedule or the model.
 */
export async function sampleCodes(
  b: Backend,
  model: Transformer,
  quantizer: Quantizer,
  request: SampleRequest,
  uniforms: Uniforms,
  onStep: OnStep = () => undefined,
): Promise<Tensor> {
  return sampleTogether(b, model, quantizer, request, [{ text: request.text, uniforms, onStep }]);
}

/**
 * The same for N samples as rows of one batch: every operation runs once for all of them. Each sample's bits are those that it
 * has alone, where the backend computes every row as it would alone.
 * @param request whose `text` does not count. @param samples what differs.
 * @returns (N, C, T, H, W)
 * @throws as sampleCodes; ShapeError if texts are of several lengths.
 */
export async function sampleTogether(
  b: Backend,
  model: Transformer,
  quantizer: Quantizer,
  request: Omit<SampleRequest, 'text'>,
  samples: readonly OwnSample[],
): Promise<Tensor> {
  checkRequest(request);
  const count = samples.length;
  const [length] = samples[0].text.shape;
  const other = samples.find(({ text }) => text.shape[0] !== length);
  if (other !== undefined) throw new ShapeError('text', `${length} tokens, as the first sample has`, other.text.shape[0]);
  const { pruning } = request;
  if (count > 1 && pruning !== undefined) throw new ArgumentError('pruning', 'none for several samples at once', count);
  if (count > 1 && (request.conditions ?? []).length > 0) throw new ArgumentError('conditions', 'none for several samples at once', count);
  const { schedule } = request;
  const contexts = clipContexts(schedule, request.context);
  const steps = expandSteps(schedule, request.repetition);
  const run = { model, quantizer, request, uniforms: samples.map(({ uniforms }) => uniforms) };

  return b.scope('sample', async (b) => {
    const cache = new KeyValueCache(contexts.map(({ references }) => references));
    const prefix = await prefill(b, model, request, samples.map(({ text }) => text), cache);
    const history: { ends: HostTensor[]; former: HostTensor | undefined } = { ends: [], former: undefined };
    const clips: Tensor[] = []; // (N, C, t, H, W) each
    for (const [index, step] of steps.entries()) {
      const context = contexts[step.si];
      const { clip, references } = context;
      const scale = step.si % schedule.scalesPerClip;
      if (clip === clips.length) {
        clips.push(emptyCode(b, quantizer, schedule, clip, count));
        [history.former, history.ends] = [history.ends.at(-1), []];
      }
      const code = clips[clip];
      const past = cache.past([...references, ...prefix], model.config.depth);
      const keep = step.last && cache.wants(step.si);
      const prunes = pruning !== undefined && step.si >= (request.forced?.scales ?? 0);
      const fromLast = schedule.scalesPerClip - 1 - scale;
      const cells = prunes ? keptCells(pruning, fromLast, schedule.scales[step.si], history) : undefined;
      const after = await b.scope(`clip${clip}/scale${scale}/rep${step.repeat}`, (b) => {
        return sampleStep(b, run, { step, context, code, past, keep, ...(cells === undefined ? {} : { cells }) });
      });
      b.free(code);
      clips[clip] = after.code;
      if (keep) cache.store(step.si, after.kept);
      if (step.last) cache.release(b, step.si);
      if (step.last && pruning !== undefined) history.ends.push(await b.read(after.code));
      const size = schedule.scales[step.si];
      for (const [i, { onStep }] of samples.entries()) {
        if (onStep === undefined) continue;
        const code = count === 1 ? after.code : b.slice(after.code, 0, i, i + 1); // (1, C, t, H, W)
        await onStep({ ...step, ...after.results[i], index, total: steps.length, clip, scale, size, code }, b);
        if (count > 1) b.free(code);
      }
    }
    return clips.length === 1 ? clips[0] : b.concat(clips, 2); // (N, C, T, H, W)
  });
}
