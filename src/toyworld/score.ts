/**
 * Toy-GenEval: how often a model makes what the prompt says. Every task takes prompts whose captions no training sample
 * has (attributes.ts) and reads the results' pixels (judge.ts):
 *
 *   image       text to image                                    colour, background, shape
 *   video       text to video                                    all four attributes, and but for the motion
 *                                                                they are right in every single frame
 *   from-image  a drawn first frame, and its caption             first frame kept (≥ 25 dB), all five
 *   continue    a drawn clip, and its caption; one clip more     no jump at the border; all five, of the new clip
 *   interact    a drawn clip, and the caption of a turn          no jump at the border; all five, of the new clip
 *   tokenizer   a drawn clip through the tokenizer and back      PSNR; all five
 *
 * After GenEval (arXiv 2310.11513), which asks a detector; here the pixels can be read with certainty.
 */

import type { NdArray } from 'ndarray';
import { hostTensor, rowMajor } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';
import type { Video } from '../io/picture.ts';
import type { Model } from '../model/load.ts';
import { generateVideo } from '../pipeline/generate.ts';
import { interactVideo } from '../pipeline/interact.ts';
import { defaultFrames, pixelSize, planSchedule } from '../pipeline/plan.ts';
import type { SamplingChanges } from '../pipeline/sampling.ts';
import { reconstructVideo } from '../pipeline/reconstruct.ts';
import { toyWorld } from './dataset.ts';
import type { ToyStory, ToyWorld } from './dataset.ts';
import { meanInterval, shareInterval } from './interval.ts';
import type { Interval } from './interval.ts';
import { firstFramePsnr, goesOn, judgeAttributes, judgeVideo, KEPT_PSNR } from './judge.ts';
import type { Checks } from './judge.ts';
import { CLIP_FRAMES, FPS, renderFrames, SIDE } from './render.ts';
import type { Scene } from './render.ts';

export interface ToyRequest extends SamplingChanges {
  /** Results of each task. */
  readonly prompts: number;
  readonly tasks: readonly TaskName[];
  /** Chooses the prompts and the draws; 0 unless given. */
  readonly seed?: number;
}

export interface Outcome {
  readonly task: string;
  readonly prompt: string;
  readonly checks: Checks;
  /** Decibels: of the first frame, or of the tokenizer's reconstruction. */
  readonly psnr?: number;
  /** (T, 64, 64, 3), drawn frames among them. */
  readonly frames: NdArray<Uint8Array>;
}

type Judged = Omit<Outcome, 'task'>;

interface Run {
  readonly model: Model;
  readonly world: ToyWorld;
  readonly changes: SamplingChanges & { readonly seed: number };
}

/** One clip and the frame before it. */
const FRAMES = CLIP_FRAMES + 1;

const TASKS = {
  image: async ({ model, world, changes }, index) => {
    const { caption: prompt, attributes } = world.sample(index);
    const { frames } = await generateVideo(model, { ...changes, prompt, frames: 1 });
    return { prompt, frames, checks: judgeAttributes(frames, attributes, ['colour', 'background', 'shape']) };
  },
  video: async ({ model, world, changes }, index) => {
    const { caption: prompt, attributes } = world.sample(index);
    const { frames } = await generateVideo(model, { ...changes, prompt, frames: FRAMES, smooth: false });
    return { prompt, frames, checks: judgeVideo(frames, attributes) };
  },
  'from-image': async ({ model, world, changes }, index) => {
    const { caption: prompt, attributes, scene } = world.sample(index);
    const start = drawn(scene, 1);
    const { frames } = await generateVideo(model, { ...changes, prompt, start, frames: FRAMES, smooth: false });
    const psnr = firstFramePsnr(frames, start.frames);
    return { prompt, frames, psnr, checks: { 'first frame': psnr >= KEPT_PSNR, ...judgeVideo(frames, attributes) } };
  },
  continue: async ({ model, world, changes }, index) => {
    const { caption: prompt, attributes, scene } = world.sample(index);
    const start = drawn(scene, FRAMES);
    const { frames } = await generateVideo(model, { ...changes, prompt, start, frames: FRAMES + CLIP_FRAMES, smooth: false });
    return { prompt, frames, checks: { 'no jump': goesOn(frames, FRAMES), ...judgeVideo(frames.lo(FRAMES), attributes) } };
  },
  interact: async ({ model, world, changes }, index) => {
    const { captions: [, prompt], attributes: [, attributes], scene } = turn(world, index);
    const clips: Uint8Array[] = [];
    for await (const clip of interactVideo(model, { ...changes, prompts: [prompt], start: drawn(scene, FRAMES) })) {
      clips.push(rowMajor(clip.frames)); // (17, H, W, 3), then (16, H, W, 3)
    }
    const frames = hostTensor(Uint8Array.from(Buffer.concat(clips)), [FRAMES + CLIP_FRAMES, SIDE, SIDE, 3]);
    return { prompt, frames, checks: { 'no jump': goesOn(frames, FRAMES), ...judgeVideo(frames.lo(FRAMES), attributes) } };
  },
  tokenizer: async ({ model, world }, index) => {
    const { caption: prompt, attributes, scene } = world.sample(index);
    for await (const { frames, psnr } of reconstructVideo(model, { video: drawn(scene, FRAMES) })) {
      return { prompt, frames, psnr, checks: judgeVideo(frames, attributes) };
    }
    throw new ArgumentError('model', 'a model with at least one scale', 'none');
  },
} satisfies Record<string, (run: Run, index: number) => Promise<Judged>>;

export type TaskName = keyof typeof TASKS;
export const TASK_NAMES = Object.keys(TASKS) as readonly TaskName[];

/**
 * Runs task after task, and before them the reader on drawn videos: what a perfect model would score.
 * @throws ArgumentError if the model does not make videos like the toy world's.
 */
export async function* scoreToyWorld(model: Model, request: ToyRequest): AsyncGenerator<Outcome> {
  const { prompts, tasks, seed = 0, ...changes } = request;
  checkModel(model.config.schedule);
  const world = toyWorld({ seed, split: 'held-out' });
  for (let i = 0; i < prompts; i++) {
    const { caption: prompt, attributes, scene } = world.sample(i);
    const frames = renderFrames(scene, FRAMES); // (T, H, W, 3)
    yield { task: 'drawn', prompt, frames, checks: judgeVideo(frames, attributes) };
  }
  for (const task of tasks) {
    for (let i = 0; i < prompts; i++) {
      const run = { model, world, changes: { ...changes, seed: (seed + i) % 2 ** 32 } };
      yield { task, ...(await TASKS[task](run, i)) };
    }
  }
}

function checkModel(config: Model['config']['schedule']): void {
  const frames = defaultFrames(config);
  const [height, width] = pixelSize(planSchedule(config, frames, 1));
  if (height !== SIDE || width !== SIDE || frames !== FRAMES || config.fps !== FPS) {
    const got = `${frames} frames of ${width}×${height} at ${config.fps}`;
    throw new ArgumentError('model', `one whose clips are ${FRAMES} frames of ${SIDE}×${SIDE} at ${FPS} a second`, got);
  }
}

function drawn(scene: Scene, frames: number): Video {
  return { frames: renderFrames(scene, frames), fps: frames === 1 ? null : FPS };
}

/** A story whose motion changes: of 16 at least one, surely. */
function turn(world: ToyWorld, index: number): ToyStory {
  const stories = Array.from({ length: 16 }, (_, k) => world.story(16 * index + k));
  return stories.find(({ scene }) => scene.motions[0] !== scene.motions[1])!;
}

export interface Score extends Interval {
  readonly task: string;
  readonly check: string;
  readonly right: number;
  readonly of: number;
}

export interface ToyScores {
  /** Shares of right results, of every task and check in the order that they came. */
  readonly scores: readonly Score[];
  /** Mean decibels of the tasks that have some. */
  readonly psnr: readonly MeanScore[];
  /** The same of what moves, as a part of what should; where it was measured. */
  readonly movement: readonly MeanScore[];
}

export interface MeanScore extends Interval {
  readonly task: string;
  readonly of: number;
  readonly median: number;
}

type Summed = Pick<Outcome, 'task' | 'checks' | 'psnr'> & { readonly movement?: number };

export function summarize(outcomes: readonly Summed[]): ToyScores {
  const tasks = [...new Set(outcomes.map(({ task }) => task))];
  const scores = tasks.flatMap((task) => {
    const own = outcomes.filter((outcome) => outcome.task === task);
    return Object.keys(own[0].checks).map((check) => {
      const right = own.filter(({ checks }) => checks[check]).length;
      return { task, check, right, of: own.length, ...shareInterval(right, own.length) };
    });
  });
  const means = (of: (outcome: Summed) => number | undefined): MeanScore[] => tasks.flatMap((task) => {
    const values = outcomes.flatMap((outcome) => (outcome.task === task ? (of(outcome) ?? []) : []));
    return values.length === 0 ? [] : [{ task, of: values.length, ...meanInterval(values), median: medianOf(values) }];
  });
  return { scores, psnr: means(({ psnr }) => psnr), movement: means(({ movement }) => movement) };
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.floor(sorted.length / 2)]) / 2;
}
