/**
 * Several generations of the same settings as rows of one batch through the transformer (sampler/sample.ts), each with its own
 * prompt and seed. Small models spend their time on starting operations; a batch starts them once for all its samples. Frames are
 * decoded one sample after the other, so that memory stays that of one.
 */

import type { HostTensor } from '../array/host.ts';
import type { Video } from '../io/picture.ts';
import type { Model } from '../model/open.ts';
import { collectFrames, decodeFrames } from '../sampler/frames.ts';
import { sampleTogether } from '../sampler/sample.ts';
import type { OnStep } from '../sampler/sample.ts';
import { checkSeed, seededUniforms } from '../sampler/uniforms.ts';
import { cancellable } from './cancellable.ts';
import { givenBits, negativeFeatures, planGenerate, readFeatures, withoutBatch } from './generate.ts';
import type { GeneratePlan, GenerateRequest } from './generate.ts';
import { naming, PROMPT_TOKENS, samplingBytes } from './memory.ts';
import { readPrompts } from './prompts.ts';

/** What is its own of each sample. */
export interface OwnRequest {
  readonly prompt: string;
  readonly seed: number;
  readonly onStep?: OnStep;
}

/** More rows make nothing quicker, and are more to lose when a run is ended. */
const MOST_TOGETHER = 16;

/** Bytes that sampling a batch may take. */
const MOST_BYTES = 2 ** 28;

/**
 * Yields the videos in the order of the samples, each with the bits that generateVideo gives.
 * @param request what all have in common.
 * @throws InfinityStarError as generateVideo.
 */
export async function* generateTogether(
  given: Model, request: Omit<GenerateRequest, 'prompt' | 'seed' | 'onStep' | 'onFrames'>, samples: readonly OwnRequest[],
): AsyncGenerator<Video> {
  const model = cancellable(given, request.signal);
  for (const { seed } of samples) checkSeed(seed);
  const plan = planGenerate(model, { ...request, prompt: '' });
  const most = mostTogether(model, plan);
  let size = 1; // grows, so that a run that is ended early has made something
  let batch: Ready[] = [];
  for (const sample of samples) {
    const [{ text: read }] = readPrompts(model, [sample.prompt], sample.seed);
    const same = batch.find((ready) => ready.read === read);
    const text = same?.text ?? (await readFeatures(model, read, plan.frames)); // (L, text_channels)
    const fits = batch.length === 0 || batch[0].text.shape[0] === text.shape[0];
    if (!fits || batch.length === size) {
      yield* generateBatch(model, plan, batch);
      size = Math.min(most, 2 * size);
      batch = [];
    }
    batch.push({ ...sample, read, text });
  }
  if (batch.length > 0) yield* generateBatch(model, plan, batch);
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

async function* generateBatch(model: Model, plan: GeneratePlan, batch: readonly Ready[]): AsyncGenerator<Video> {
  const { request, schedule, sampling, frames, height, width } = plan;
  const what = `${batch.length} times ${frames} frames of ${width}×${height}`;
  const negative = await negativeFeatures(model, request.negativePrompt);
  const own = batch.map(({ seed, text, onStep }) => {
    return { text, uniforms: seededUniforms(seed), ...(onStep === undefined ? {} : { onStep }) };
  });
  const codes = await naming(what, () => model.backend.scope('generate', async (b) => {
    const { forced } = await givenBits(b, model, plan, batch[0].seed);
    const { context } = model.config;
    const common = { schedule, context, ...negative, ...sampling, ...(forced === undefined ? {} : { forced }) };
    return sampleTogether(b, model.transformer, model.quantizer, common, own); // (N, C, t, h, w)
  }));
  try {
    for (const i of batch.keys()) {
      const decoded = await naming(what, () => model.backend.scope('decode', (b) => collectFrames(decodeFrames(
        b, model.tokenizer, b.slice(codes, 0, i, i + 1), // (1, C, t, h, w)
        { ...(request.smooth === undefined ? {} : { smooth: request.smooth }), bf16: model.precision === 'official' },
      ))));
      yield { frames: withoutBatch(decoded), fps: model.config.schedule.fps };
    }
  } finally {
    model.backend.free(codes);
  }
}
