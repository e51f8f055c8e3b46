/**
 * How well a model knows its emoji. What it makes is looked up among *all* items of the data, those that it was never shown too
 * (nearest.ts); it is right if the nearest is the one that was asked for.
 *
 *   reader           true first frames, jittered                   what a perfect model would score
 *   image            text to image                                 recall
 *   video            text to video                                 recall of the first frame among first frames; of the worst
 *                                                                  frame, the least like the item's own, and of every frame,
 *                                                                  among all
 *   forms            text to image, by words in forms and orders   recall
 *                    that no caption of the data has
 *   from-image       a true first frame, and the name              worst frame, every frame; PSNR of frames 1 … 16 against
 *                                                                  the true animation; movement
 *   tokenizer        17 true frames through the tokenizer          PSNR; recall of all frames
 *   tokenizer-unseen the same with items that were held out
 *
 *   movement = Σ|x_t − x_{t−1}| made / Σ|x_t − x_{t−1}| true
 */

import type { NdArray } from 'ndarray';
import { rowMajor } from '../array/host.ts';
import { ArgumentError } from '../errors.ts';
import type { Model } from '../model/load.ts';
import { generateVideo } from '../pipeline/generate.ts';
import { defaultFrames } from '../pipeline/plan.ts';
import type { SamplingChanges } from '../pipeline/sampling.ts';
import { psnr } from '../pipeline/psnr.ts';
import { reconstructVideo } from '../pipeline/reconstruct.ts';
import { seededUniforms } from '../sampler/uniforms.ts';
import type { Checks } from '../toyworld/judge.ts';
import { Meanings, otherForms } from '../emoji/captions.ts';
import { jittered } from './jitter.ts';
import { loopFrames } from './library.ts';
import type { LibraryItem } from './library.ts';
import { Gallery } from './nearest.ts';
import type { Nearest } from './nearest.ts';

export interface EmojiRequest extends SamplingChanges {
  readonly library: readonly LibraryItem[];
  /** Names of the items that the model was trained on. */
  readonly known: ReadonlySet<string>;
  /** Results of each task. */
  readonly prompts: number;
  readonly tasks: readonly EmojiTask[];
  /** Chooses the items and the draws; 0 unless given. */
  readonly seed?: number;
}

export interface EmojiOutcome {
  readonly task: string;
  readonly prompt: string;
  readonly checks: Checks;
  /** Decibels. */
  readonly psnr?: number;
  /** Made, as a part of the true one. */
  readonly movement?: number;
  /** (T, side, side, 3) */
  readonly frames: NdArray<Uint8Array>;
}

interface Run {
  readonly model: Model;
  readonly galleries: Galleries;
  readonly meanings: Meanings<LibraryItem>;
  readonly changes: SamplingChanges & { readonly seed: number };
  readonly frames: number;
}

/** Of all items: their first frames, and all of a clip. */
interface Galleries {
  readonly first: Gallery;
  readonly all: Gallery;
}

type Judged = Omit<EmojiOutcome, 'task'>;
type Task = (run: Run, item: LibraryItem, index: number) => Promise<Judged>;

const TASKS = {
  reader: async ({ galleries, changes }, item, index) => {
    const frames = jittered(item.frames.hi(1), seededUniforms(changes.seed)); // (1, side, side, 3)
    return { prompt: item.name, frames, checks: { recall: isNearest(galleries.first.nearest(frames)[0], index) } };
  },
  image: async ({ model, galleries, changes }, item, index) => {
    const prompt = item.captions[changes.seed % 3]; // the name, with an article, as an emoji on white
    const { frames } = await generateVideo(model, { ...changes, prompt, frames: 1 });
    return { prompt, frames, checks: { recall: isNearest(galleries.first.nearest(frames)[0], index) } };
  },
  video: async ({ model, galleries, changes, frames: count }, item, index) => {
    const prompt = item.captions[changes.seed % 3];
    const { frames } = await generateVideo(model, { ...changes, prompt, frames: count, smooth: false });
    const first = isNearest(galleries.first.nearest(frames.hi(1))[0], index);
    return { prompt, frames, checks: { 'first frame': first, ...judgeFrames(galleries.all, frames, loopFrames(item, count), index) } };
  },
  forms: async ({ model, galleries, meanings, changes }, item, index) => {
    const prompt = unseenForm(meanings, item, index, changes.seed);
    const { frames } = await generateVideo(model, { ...changes, prompt, frames: 1 });
    return { prompt, frames, checks: { recall: isNearest(galleries.first.nearest(frames)[0], index) } };
  },
  'from-image': async ({ model, galleries, changes, frames: count }, item, index) => {
    const start = { frames: item.frames.hi(1), fps: null };
    const { frames } = await generateVideo(model, { ...changes, prompt: item.name, start, frames: count, smooth: false });
    const truth = loopFrames(item, count); // (T, side, side, 3)
    return {
      prompt: item.name,
      frames,
      psnr: psnr(frames.lo(1), truth.lo(1)),
      movement: movementOf(frames) / movementOf(truth),
      checks: judgeFrames(galleries.all, frames, truth, index),
    };
  },
  tokenizer: async (run, item, index) => reconstructed(run, item, index),
  'tokenizer-unseen': async (run, item, index) => reconstructed(run, item, index),
} satisfies Record<string, Task>;

export type EmojiTask = keyof typeof TASKS;
export const EMOJI_TASKS = Object.keys(TASKS) as readonly EmojiTask[];

/** Runs task after task. @throws ArgumentError if the data have none of the items that the model knows. */
export async function* scoreEmoji(model: Model, request: EmojiRequest): AsyncGenerator<EmojiOutcome> {
  const { library, known, prompts, tasks, seed = 0, ...changes } = request;
  const side = library[0].frames.shape[1];
  const frames = defaultFrames(model.config.schedule);
  const galleries: Galleries = { first: new Gallery(side), all: new Gallery(side) };
  library.forEach((item, index) => {
    galleries.first.add(index, item.frames.hi(1));
    galleries.all.add(index, item.frames.hi(Math.min(frames, item.frames.shape[0])));
  });
  const meanings = new Meanings(library.filter(({ name }) => known.has(name)));
  for (const task of tasks) {
    const items = drawn(library, (item) => isFor(task, item, known), seed);
    if (items.length === 0) throw new ArgumentError('data', `items that the model knows, for ${task}`, 'none');
    for (let i = 0; i < prompts; i++) {
      const index = items[i % items.length];
      const run: Run = { model, galleries, meanings, frames, changes: { ...changes, seed: (seed + i) % 2 ** 32 } };
      yield { task, ...(await TASKS[task](run, library[index], index)) };
    }
  }
}

/** Items of a task, as places in the library, in an order of the seed's. */
function drawn(library: readonly LibraryItem[], wanted: (item: LibraryItem) => boolean, seed: number): number[] {
  const places = library.flatMap((item, index) => (wanted(item) ? [index] : []));
  const draws = seededUniforms(seed).next(places.length);
  return places.map((place, i) => ({ place, draw: draws[i] })).sort((a, b) => a.draw - b.draw).map(({ place }) => place);
}

function isFor(task: EmojiTask, item: LibraryItem, known: ReadonlySet<string>): boolean {
  if (task === 'reader') return true;
  if (task === 'tokenizer-unseen') return item.heldOut && item.animated;
  return known.has(item.name) && (item.animated || task === 'image' || task === 'forms');
}

/** @throws ArgumentError if a model has no scale. */
async function reconstructed({ model, galleries, frames: count }: Run, item: LibraryItem, index: number): Promise<Judged> {
  const truth = loopFrames(item, count);
  for await (const { frames, psnr } of reconstructVideo(model, { video: { frames: truth, fps: model.config.schedule.fps } })) {
    const found = galleries.all.nearest(frames);
    return { prompt: item.name, frames, psnr, checks: { 'every frame': found.every((one) => isNearest(one, index)) } };
  }
  throw new ArgumentError('model', 'a model with at least one scale', 'none');
}

/** The frame that is least like the true one at its time, and all frames, among the frames of all items. */
function judgeFrames(all: Gallery, frames: NdArray<Uint8Array>, truth: NdArray<Uint8Array>, index: number): Checks {
  const found = all.nearest(frames);
  const likeness = found.map((_, t) => psnr(frames.lo(t).hi(1), truth.lo(t).hi(1)));
  const worst = likeness.indexOf(Math.min(...likeness));
  return { 'worst frame': isNearest(found[worst], index), 'every frame': found.every((one) => isNearest(one, index)) };
}

function isNearest({ item }: Nearest, index: number): boolean {
  return item === index;
}

/** Words that mean the item, none of its captions, with capitals and signs; of items with few words the name so written. */
function unseenForm(meanings: Meanings<LibraryItem>, item: LibraryItem, index: number, seed: number): string {
  const seen = new Set(item.captions);
  const described = meanings.of(item)!;
  const forms = otherForms(meanings, described, seededUniforms((2 ** 31 + index) >>> 0), 24).map((words) => words.join(' '));
  const form = forms.find((words) => !seen.has(words)) ?? item.name;
  return [form.toUpperCase(), `${form}!`, `Please: ${form}…`, `  ${form.replaceAll(' ', ', ')}.`][seed % 4];
}

function movementOf(frames: NdArray<Uint8Array>): number {
  const bytes = rowMajor(frames);
  const size = bytes.length / frames.shape[0];
  let sum = 0;
  for (let i = size; i < bytes.length; i++) sum += Math.abs(bytes[i] - bytes[i - size]);
  return sum;
}
