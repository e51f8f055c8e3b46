/**
 * Prompt (and picture or video) to frames: text to image, text to video, image to video, video continuation.
 * Every one is the same sampling run; they differ in the schedule's length and in which bits are given.
 * Spec S1–S10, S12.
 */

import type { NdArray } from 'ndarray';
import type { HostTensor } from '../array/host.ts';
import type { Backend } from '../backend/backend.ts';
import { ArgumentError } from '../errors.ts';
import { transformFrames } from '../io/image-transform.ts';
import { framesAtRate } from '../io/frame-rate.ts';
import { framesFrom, selectFrames } from '../io/select-frames.ts';
import { givenVideo } from '../io/picture.ts';
import type { GivenVideo, Video } from '../io/picture.ts';
import type { Model } from '../model/load.ts';
import type { ScheduleConfig } from '../model/config.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import { encodeCondition } from '../sampler/condition.ts';
import { collectFrames, decodeFrames } from '../sampler/frames.ts';
import type { Frames } from '../sampler/frames.ts';
import type { ForcedBits } from '../sampler/request.ts';
import { sampleCodes } from '../sampler/sample.ts';
import type { OnStep } from '../sampler/sample.ts';
import { checkSeed, seededUniforms } from '../sampler/uniforms.ts';
import { notBlank, preparePrompt, withSuffix } from '../text/prompt.ts';
import { posteriorNoise, posteriorOf, releasedStartFrames } from './as-released.ts';
import type { ReleasedBehaviour } from './as-released.ts';
import { cancellable } from './cancellable.ts';
import { checkArrays } from './largest-array.ts';
import { naming } from './memory.ts';
import { checkRatio, defaultFrames, pixelSize, planSchedule } from './plan.ts';
import { readPrompts } from './prompts.ts';
import { samplingOf } from './sampling.ts';
import type { SamplingChanges, SamplingSettings } from './sampling.ts';

export interface GenerateRequest extends SamplingChanges, ReleasedBehaviour {
  readonly prompt: string;
  /** In place of the learned null text. */
  readonly negativePrompt?: string;
  /** Frames of the result, those of `start` among them; 1 is a picture. The first frame and one clip unless given. */
  readonly frames?: number;
  /** Height / width, for models of several shapes; that of `start` unless given. */
  readonly ratio?: number;
  /**
   * What the result begins with: a picture, or a video of at least one clip and of any length, whose end is taken; as
   * released: its first clip.
   */
  readonly start?: GivenVideo;
  /**
   * Of the scales that `start` gives, only so many from the first on are kept, and the others drawn: the result begins like it,
   * the less so the fewer they are. All unless given.
   */
  readonly givenScales?: number;
  /** The second of the video at which the part that is taken begins; its end is taken unless this is given. */
  readonly startAt?: number;
  /** 0 unless given; the same seed gives the same bits on every machine. */
  readonly seed?: number;
  /** As released: frame 0 of a video is overwritten by frame 1. */
  readonly smooth?: boolean;
  readonly onStep?: OnStep;
  /** Told of frames while they are decoded, (Tᵢ, H, W, 3) and the number of the first of them; awaited. */
  readonly onFrames?: OnFrames;
  /** Ends the generation with its reason, within one operation of the backend. */
  readonly signal?: AbortSignal;
}

export type OnFrames = (frames: NdArray<Uint8Array>, first: number) => void | Promise<void>;

/** A request with all that follows from it, checked before any work is done. */
export interface GeneratePlan {
  readonly request: GenerateRequest;
  readonly schedule: Schedule;
  readonly sampling: SamplingSettings;
  /** That of the request from the second on that was chosen. */
  readonly start?: Video;
  /** Scales of it that are kept, or Infinity. */
  readonly givenScales: number;
  readonly posterior: 'mean' | 'draw';
  readonly frames: number;
  readonly height: number;
  readonly width: number;
  /** So many of the frames are given. */
  readonly startFrames: number;
}

/** @throws ArgumentError naming what the model cannot do. */
export function planGenerate(model: Pick<Model, 'config'>, request: GenerateRequest): GeneratePlan {
  const { schedule: config, sampling } = model.config;
  const { asReleased = false, prompt, negativePrompt = '', seed = 0, givenScales = sampling.given_scales ?? Infinity } = request;
  if (typeof prompt !== 'string') throw new ArgumentError('prompt', 'a text', prompt);
  if (typeof negativePrompt !== 'string') throw new ArgumentError('negativePrompt', 'a text', negativePrompt);
  checkSeed(seed);
  if (givenScales !== Infinity && !(Number.isInteger(givenScales) && givenScales >= 1)) {
    throw new ArgumentError('givenScales', 'a whole number of at least 1', givenScales);
  }
  const start = request.start && chosenStart(givenVideo('start', request.start), request.startAt, config.fps);
  const startFrames = start === undefined ? 0 : startLength(start, request, config);
  // A video goes on for one more clip; a picture or nothing becomes the first clip.
  const frames = request.frames ?? defaultFrames(config) + Math.max(0, startFrames - 1);
  if (startFrames > 0 && frames <= startFrames) {
    throw new ArgumentError('frames', `more than the ${startFrames} that are given`, frames);
  }
  checkRatio(config, request.ratio);
  const schedule = planSchedule(config, frames, request.ratio ?? (asReleased ? undefined : ratioOf(start)));
  const [height, width] = pixelSize(schedule);
  return {
    request, schedule, frames, height, width, startFrames, givenScales,
    ...(start === undefined ? {} : { start }),
    sampling: samplingOf(sampling, request, schedule),
    posterior: posteriorOf(request, sampling),
  };
}

/** The video from the second on that was chosen. */
export function chosenStart(start: Video, startAt: number | undefined, fps: number): Video {
  return startAt === undefined ? start : framesFrom(start, startAt, fps);
}

/** Frames of a video that a model can go on from and still make a clip: whole clips and the frame before them. */
export function mostStartFrames(config: ScheduleConfig, frames?: number): number {
  const clip = defaultFrames(config) - 1;
  const clips = Math.floor(((frames ?? config.video_frames - clip + 1) - 2) / clip);
  return 1 + Math.max(1, clips) * clip;
}

function startLength(start: Video, request: GenerateRequest, config: ScheduleConfig): number {
  if (request.asReleased) return releasedStartFrames(start, config.fps, config.frames_inner_clip);
  return usableFrames(start, request, config);
}

/** 1 for a picture; for a video as many whole clips as it holds at the model's rate, and as leave room for another. */
function usableFrames(start: Video, { frames }: GenerateRequest, config: ScheduleConfig): number {
  const count = start.frames.shape[0];
  if (count === 1) return 1;
  const { fps } = config;
  const available = framesAtRate(count, start.fps ?? fps, fps);
  const clip = defaultFrames(config) - 1;
  const clips = Math.floor((available - 1) / clip);
  if (clips === 0) {
    throw new ArgumentError('start', `a picture, or a video of at least ${clip + 1} frames at ${fps} a second`, `${available} frames`);
  }
  return Math.min(1 + clips * clip, mostStartFrames(config, frames));
}

/** Height / width of a video. */
export function ratioOf(start: Video | undefined): number | undefined {
  return start === undefined ? undefined : start.frames.shape[1] / start.frames.shape[2];
}

/**
 * Generates a picture or video.
 * @returns (T, H, W, 3) and the rate of the model's videos.
 * @throws InfinityStarError if the request does not fit the model or the machine.
 */
export async function generateVideo(model: Model, request: GenerateRequest): Promise<Video> {
  const plan = planGenerate(model, request);
  const { frames, height, width } = plan;
  const what = `${frames} frames of ${width}×${height}`;
  return naming(what, async () => {
    checkArrays(model.config, plan.schedule, plan.sampling, model.backend.largest);
    return generatePlanned(cancellable(model, request.signal), plan);
  });
}

async function generatePlanned(model: Model, plan: GeneratePlan): Promise<Video> {
  const { request } = plan;
  const [{ text: read }] = readPrompts(model, [request.prompt], request.seed ?? 0);
  const text = await readFeatures(model, read, plan.frames); // (L, text_channels)
  const negative = await negativeFeatures(model, request.negativePrompt);
  const frames = await model.backend.scope('generate', async (b) => {
    const { sampling } = plan;
    const codes = await sampleCodes(
      b,
      model.transformer,
      model.quantizer,
      {
        schedule: plan.schedule,
        context: model.config.context,
        text,
        ...negative,
        ...sampling,
        ...(await givenBits(b, model, plan, request.seed ?? 0)),
      },
      seededUniforms(request.seed ?? 0),
      request.onStep,
    ); // (1, C, t, h, w)
    const chunks = decodeFrames(b, model.tokenizer, codes, {
      ...(request.smooth === undefined ? {} : { smooth: request.smooth }),
      bf16: model.precision === 'official',
    });
    return collectFrames(toldOf(chunks, request.onFrames));
  }); // (1, T, H, W, 3)
  return { frames: withoutBatch(frames), fps: model.config.schedule.fps };
}

/** Chunks (1, Tᵢ, H, W, 3), each told before it is passed on. */
async function* toldOf(chunks: AsyncIterable<Frames>, onFrames: OnFrames = () => undefined): AsyncGenerator<Frames> {
  let first = 0;
  for await (const chunk of chunks) {
    await onFrames(withoutBatch(chunk), first);
    first += chunk.shape[1];
    yield chunk;
  }
}

/** Features of what to steer away from, if anything is given; what it leaves open stays open. */
export async function negativeFeatures(model: Model, prompt: string | undefined): Promise<{ readonly negative?: HostTensor }> {
  return prompt === undefined ? {} : { negative: await model.encodePrompt(model.readPrompt(prompt).text) };
}

/** Features of a prompt, (L, text_channels), as the model reads it. */
export function promptOf(model: Model, prompt: string, frames: number): Promise<HostTensor> {
  return readFeatures(model, model.readPrompt(notBlank(prompt)).text, frames);
}

/** What was read of a prompt as the model was trained to see it: with its suffix, and the duration of a video. */
export function preparedPrompt({ sampling, schedule }: Model['config'], prompt: string, frames: number): Promise<string> {
  const seconds = Math.round((frames - 1) / schedule.fps);
  return preparePrompt(prompt, {
    ...(sampling.append_duration2caption === 1 && seconds > 0 ? { seconds } : {}),
    hooks: [withSuffix(sampling.prompt_suffix)],
  });
}

/** Its features. */
export async function readFeatures(model: Model, prompt: string, frames: number): Promise<HostTensor> {
  return model.encodePrompt(await preparedPrompt(model.config, prompt, frames));
}

/** Bits of what a request begins with. @param seed of the posterior's noise, where it is drawn. */
export async function givenBits(
  b: Backend,
  model: Model,
  { request, schedule, sampling: { repetition }, start, startFrames, givenScales, posterior, height, width }: GeneratePlan,
  seed: number,
): Promise<{ readonly forced?: ForcedBits }> {
  const { asReleased = false } = request;
  if (start === undefined) return {};
  const { fps } = model.config.schedule;
  const end = request.startAt === undefined && !asReleased ? 'end' : 'start';
  const chosen = selectFrames(start, startFrames, fps, end, asReleased); // (T, H₀, W₀, 3)
  const video = transformFrames(chosen, height, width); // (1, 3, T, H, W)
  const noise = posteriorNoise(posterior, model.tokenizer, video, seed); // (1, C, t, h, w)
  const { forced } = await encodeCondition(b, model.tokenizer, model.quantizer, schedule, repetition, video, noise);
  return { forced: { ...forced, scales: Math.min(forced.scales, givenScales) } };
}

/** (1, T, H, W, 3) → (T, H, W, 3) */
export function withoutBatch(frames: NdArray<Uint8Array>): NdArray<Uint8Array> {
  return frames.pick(0, null, null, null, null);
}
