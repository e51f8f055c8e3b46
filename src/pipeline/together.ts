/**
 * Several generations of the same settings as rows of one batch through the transformer (sampler/sample.ts), each with its own
 * prompt and seed. Small models spend their time on starting operations; a batch starts them once for all its samples. Frames are
 * decoded as rows too as long as they are few; longer videos, which keep the machine busy one by one, one after the other.
 */

import type { NdArray } from 'ndarray';
import type { HostTensor } from '../array/host.ts';
import { hostTensor, rowMajor, sizeOf } from '../array/host.ts';
import type { Tensor } from '../backend/backend.ts';
import type { Video } from '../io/picture.ts';
import type { Model } from '../model/open.ts';
import { collectFrames, decodeFrames } from '../sampler/frames.ts';
import { sampleTogether } from '../sampler/sample.ts';
import type { OnStep } from '../sampler/sample.ts';
import { checkSeed, seededUniforms } from '../sampler/uniforms.ts';
import { cancellable } from './cancellable.ts';
import { givenBits, negativeFeatures, planGenerate, readFeatures } from './generate.ts';
import type { GeneratePlan, GenerateRequest } from './generate.ts';
import { naming, PROMPT_TOKENS, samplingBytes } from './memory.ts';
import { readPrompts } from './prompts.ts';

/** What is its own of each sample. */
export interface OwnRequest {
  readonly prompt: string;
  readonly seed: number;
  readonly onStep?: OnStep;
  /** Where its codes are between sampling and decoding, while those of others are decoded; nowhere unless given. */
  readonly codes?: CodePlace;
}

/** Keeps codes (1, C, t, h, w) for a run that goes on where this one was ended. */
export interface CodePlace {
  find(): Promise<HostTensor | undefined>;
  keep(codes: HostTensor): Promise<void>;
}

/** More rows make nothing quicker (measured), and are more to lose when a run is ended. */
const MOST_TOGETHER = 8;

/** Bytes that sampling a batch may take. */
const MOST_BYTES = 2 ** 28;

/** Milliseconds that sampling a batch may take, of more than one sample: what is lost when a run is ended. */
const MOST_MS = 2000;

/** Frames that are decoded at once, of several samples. */
const FRAMES_TOGETHER = 8;

/**
 * Yields the videos in the order of the samples, each with the bits that generateVideo gives.
 * @param request what all have in common. @param samples are asked for a batch at a time.
 * @throws InfinityStarError as generateVideo.
 */
export async function* generateTogether(
  given: Model, request: Omit<GenerateRequest, 'prompt' | 'seed' | 'onStep' | 'onFrames'>, samples: Iterable<OwnRequest>,
): AsyncGenerator<Video> {
  const model = cancellable(given, request.signal);
  const plan = planGenerate(model, { ...request, prompt: '' });
  const most = mostTogether(model, plan);
  let size = 1; // grows, so that a run that is ended early has made something
  let batch: Ready[] = [];
  const made = async function* (): AsyncGenerator<Video> {
    const started = performance.now();
    const codes = await sampleBatch(model, plan, batch); // (N, C, t, h, w)
    const each = (performance.now() - started) / batch.length;
    if (batch.length === size) size = Math.max(1, Math.min(most, 2 * size, Math.floor(MOST_MS / each)));
    batch = [];
    yield* decodeBatch(model, plan, codes);
  };
  for (const sample of samples) {
    checkSeed(sample.seed);
    const found = await sample.codes?.find(); // (1, C, t, h, w)
    if (found !== undefined) {
      if (batch.length > 0) yield* made();
      yield* decodeBatch(model, plan, model.backend.upload(found));
      continue;
    }
    const [{ text: read }] = readPrompts(model, [sample.prompt], sample.seed);
    const same = batch.find((ready) => ready.read === read);
    const text = same?.text ?? (await readFeatures(model, read, plan.frames)); // (L, text_channels)
    if (batch.length > 0 && batch[0].text.shape[0] !== text.shape[0]) yield* made();
    batch.push({ ...sample, read, text });
    if (batch.length >= size) yield* made();
  }
  if (batch.length > 0) yield* made();
}

interface Ready extends OwnRequest {
  /** The prompt as the model reads it: equal ones share their features, and their keys and values. */
  readonly read: string;
  readonly text: HostTensor;
}

/** Where what is given is drawn by the seed, or cells are left out, samples have too little in common. */
function mostTogether({ config }: Model, plan: GeneratePlan): number {
  if (plan.sampling.pruning !== undefined || (plan.start !== undefined && plan.posterior === 'draw')) return 1;
  const sampling = samplingBytes(config, plan.schedule, PROMPT_TOKENS);
  return Math.max(1, Math.min(MOST_TOGETHER, Math.floor(MOST_BYTES / sampling)));
}

/** @returns the samples' codes (N, C, t, h, w); of several, each is kept in its place too. */
async function sampleBatch(model: Model, plan: GeneratePlan, batch: readonly Ready[]): Promise<Tensor> {
  const { request, schedule, sampling } = plan;
  const negative = await negativeFeatures(model, request.negativePrompt);
  const own = batch.map(({ seed, text, onStep }) => {
    return { text, uniforms: seededUniforms(seed), ...(onStep === undefined ? {} : { onStep }) };
  });
  const codes = await naming(whatOf(plan, batch.length), () => model.backend.scope('generate', async (b) => {
    const { forced } = await givenBits(b, model, plan, batch[0].seed);
    const { context } = model.config;
    const common = { schedule, context, ...negative, ...sampling, ...(forced === undefined ? {} : { forced }) };
    return sampleTogether(b, model.transformer, model.quantizer, common, own); // (N, C, t, h, w)
  }));
  if (batch.length > 1 && batch.some((sample) => sample.codes !== undefined)) {
    const values = await model.backend.read(codes);
    for (const [i, sample] of batch.entries()) await sample.codes?.keep(rowOf(values, i));
  }
  return codes;
}

/** @param codes (N, C, t, h, w), freed at the end. */
async function* decodeBatch(model: Model, plan: GeneratePlan, codes: Tensor): AsyncGenerator<Video> {
  const { smooth } = plan.request;
  const options = { ...(smooth === undefined ? {} : { smooth }), bf16: model.precision === 'official' };
  const [count] = codes.shape;
  const together = Math.max(1, Math.floor(FRAMES_TOGETHER / plan.frames));
  try {
    for (let i = 0; i < count; i += together) {
      const end = Math.min(count, i + together);
      const decoded = await naming(whatOf(plan, end - i), () => model.backend.scope('decode', (b) => {
        return collectFrames(decodeFrames(b, model.tokenizer, b.slice(codes, 0, i, end), options)); // (n, T, H, W, 3)
      }));
      for (let n = 0; n < end - i; n++) {
        const { data, shape: [, ...shape] } = rowOf(decoded, n);
        yield { frames: hostTensor(data, shape), fps: model.config.schedule.fps };
      }
    }
  } finally {
    model.backend.free(codes);
  }
}

function whatOf({ frames, height, width }: GeneratePlan, count: number): string {
  return `${count} times ${frames} frames of ${width}×${height}`;
}

/** Row i of (N, …) in an array of its own: (1, …). */
function rowOf<T extends Float32Array | Uint8Array>(values: NdArray<T>, i: number): NdArray<T> {
  const shape = [1, ...values.shape.slice(1)];
  const size = sizeOf(shape);
  return hostTensor(rowMajor(values).slice(i * size, (i + 1) * size) as T, shape);
}
