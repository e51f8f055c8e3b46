/**
 * Interactive generation: a story told clip by clip, each with its own prompt. The first clip is generated as any
 * video, or given; every further one sees the clip before it and the very first frame. Spec S11.
 *
 * The official script takes the first clip from a video file; making it from the first prompt is ours.
 */

import type { HostTensor } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import { ArgumentError } from '../errors.ts';
import { transformFrames } from '../io/image-transform.ts';
import { givenVideo } from '../io/picture.ts';
import type { GivenVideo, Video } from '../io/picture.ts';
import { selectFrames } from '../io/select-frames.ts';
import type { Model } from '../model/load.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import { collectFrames, decodeFrames } from '../sampler/frames.ts';
import type { Frames } from '../sampler/frames.ts';
import { decodeNextClip, nextClipSchedule, sampleNextClip } from '../sampler/interact.ts';
import type { FormerClip } from '../sampler/interact.ts';
import { sampleCodes } from '../sampler/sample.ts';
import type { OnStep } from '../sampler/sample.ts';
import { seededUniforms } from '../sampler/uniforms.ts';
import type { Uniforms } from '../sampler/uniforms.ts';
import { encodeVideo } from '../tokenizer/encode.ts';
import { posteriorNoise, posteriorOf } from './as-released.ts';
import type { ReleasedBehaviour } from './as-released.ts';
import { cancellable } from './cancellable.ts';
import { chosenStart, ratioOf, readFeatures, withoutBatch } from './generate.ts';
import { naming } from './memory.ts';
import { checkRatio, defaultFrames, pixelSize, planSchedule } from './plan.ts';
import { readPrompts } from './prompts.ts';
import { nextClipSettings, samplingOf } from './sampling.ts';
import type { SamplingChanges, SamplingSettings } from './sampling.ts';

export interface InteractRequest extends SamplingChanges, ReleasedBehaviour {
  /** One for each clip that is generated; as released the first one tells the clip that is given, and makes nothing. */
  readonly prompts: readonly string[];
  /** The clip before the first prompt's; its end is taken, or the clip from `startAt` on, in seconds. */
  readonly start?: GivenVideo;
  readonly startAt?: number;
  readonly ratio?: number;
  readonly seed?: number;
  readonly onStep?: OnStep;
  /** Ends the story with its reason, within one operation of the backend. */
  readonly signal?: AbortSignal;
}

/**
 * Tells a story, yielding each clip when it is done: (T, H, W, 3), the clip before the first prompt's, if given,
 * as the tokenizer sees it. All clips together are the video.
 * @throws InfinityStarError if the request does not fit the model or the machine.
 */
export async function* interactVideo(given: Model, request: InteractRequest): AsyncGenerator<Video> {
  const { prompts, signal, asReleased = false } = request;
  const start = request.start && givenVideo('start', request.start);
  if (!Array.isArray(prompts) || prompts.length === 0) throw new ArgumentError('prompts', 'at least one', prompts);
  if (asReleased && start === undefined) throw new ArgumentError('start', 'a clip, as the released script has one', start);
  const model = cancellable(given, signal);
  const { fps } = model.config.schedule;
  const { seed = 0 } = request;
  const uniforms = seededUniforms(seed);
  const frames = defaultFrames(model.config.schedule);
  checkRatio(model.config.schedule, request.ratio);
  const schedule = planSchedule(model.config.schedule, frames, request.ratio ?? ratioOf(start));
  const sampling = samplingOf(model.config.sampling, request, schedule);
  const what = `clips of ${frames} frames of ${pixelSize(schedule).toReversed().join('×')}`;
  const texts: HostTensor[] = [];
  for (const { text } of readPrompts(model, prompts, request.seed ?? 0)) texts.push(await readFeatures(model, text, frames));

  const posterior = posteriorOf(request, model.config.sampling);
  const run: StoryRun = { model, request, schedule, sampling, posterior, uniforms };
  let former: FormerClip | undefined;
  try {
    const first = await naming(what, () => model.backend.scope('clip0', async (b) => {
      return start === undefined ? firstClip(b, run, texts[0]) : givenClip(b, run, start, frames);
    }));
    former = first.former;
    yield { frames: withoutBatch(first.frames), fps };
    for (const [i, text] of texts.entries()) {
      if ((start === undefined || asReleased) && i === 0) continue;
      if (asReleased) run.uniforms = seededUniforms(seed);
      const last: FormerClip = former;
      const next = await naming(what, () => model.backend.scope(`clip${i + 1}`, (b) => nextClip(b, run, last, text)));
      model.backend.free(last.features);
      former = { features: next.features, firstFrame: last.firstFrame };
      yield { frames: withoutBatch(next.frames), fps };
    }
  } finally {
    model.backend.free(former);
  }
}

interface StoryRun {
  readonly model: Model;
  readonly request: InteractRequest;
  /** The image pyramid and one clip. */
  readonly schedule: Schedule;
  readonly sampling: SamplingSettings;
  readonly posterior: 'mean' | 'draw';
  uniforms: Uniforms;
}

interface FirstClip {
  readonly former: FormerClip;
  readonly frames: Frames;
}

async function firstClip(b: Backend, run: StoryRun, text: HostTensor): Promise<FirstClip> {
  const { model, request, schedule, sampling, uniforms } = run;
  const sample = { schedule, context: model.config.context, text, ...sampling };
  // (1, C, N+1, h, w)
  const features = await sampleCodes(b, model.transformer, model.quantizer, sample, uniforms, request.onStep);
  return startingWith(b, model, features);
}

async function givenClip(b: Backend, run: StoryRun, start: Video, frames: number): Promise<FirstClip> {
  const { model, request, schedule, posterior } = run;
  const [height, width] = pixelSize(schedule);
  const { asReleased = false, seed = 0, startAt } = request;
  const { fps } = model.config.schedule;
  const given = chosenStart(start, startAt, fps);
  const chosen = selectFrames(given, frames, fps, startAt === undefined ? 'end' : 'start', asReleased); // (T, H₀, W₀, 3)
  const video = transformFrames(chosen, height, width); // (1, 3, T, H, W)
  const noise = posteriorNoise(posterior, model.tokenizer, video, seed); // (1, C, N+1, h, w)
  const features = await encodeVideo(b, model.tokenizer, video, noise); // (1, C, N+1, h, w)
  return startingWith(b, model, features, !asReleased);
}

async function startingWith(b: Backend, model: Model, features: Tensor, smooth = true): Promise<FirstClip> {
  const frames = await collectFrames(decodeFrames(b, model.tokenizer, features, { smooth, bf16: model.precision === 'official' }));
  return { former: { features, firstFrame: b.slice(features, 2, 0, 1) }, frames };
}

async function nextClip(
  b: Backend,
  { model, request, schedule, sampling, uniforms }: StoryRun,
  former: FormerClip,
  text: HostTensor,
): Promise<{ readonly features: Tensor; readonly frames: Frames }> {
  const { interact, context } = model.config;
  const clip = nextClipSchedule(schedule);
  const next = await sampleNextClip(
    b,
    model.transformer,
    model.quantizer,
    { schedule: clip, context, text, ...nextClipSettings(sampling, schedule) },
    former,
    { semanticScale: interact.semantic_scale_ind, detailFrames: interact.detail_frame_inds },
    uniforms,
    request.onStep,
  );
  return { features: next.features, frames: await collectFrames(decodeNextClip(b, model.tokenizer, former, next.codes, { bf16: model.precision === 'official' })) };
}
