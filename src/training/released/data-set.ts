/**
 * A folder as the official training sees it: videos for whole seconds, pictures and videos in their own aspect ratios, each
 * with features from a token cache, and in every epoch other captions and other sequences.
 *
 * All draws of an epoch come from the seed and its number. Official: dataset_joint_vi.py:JointViIterableDataset.
 */

import type { HostTensor } from '../../array/host.ts';
import { hostTensor, rowMajor, sizeOf } from '../../array/host.ts';
import { FileError } from '../../errors.ts';
import { transformFrames } from '../../io/image-transform.ts';
import type { Model } from '../../model/load.ts';
import { pixelSize, sizesFor } from '../../pipeline/plan.ts';
import { makeSchedule } from '../../pyramid/schedule.ts';
import type { Schedule } from '../../pyramid/schedule.ts';
import { durationPrefix } from '../../text/prompt.ts';
import { encodeVideo } from '../../tokenizer/encode.ts';
import { featureChannels, framesPerLatent } from '../../tokenizer/levels.ts';
import type { Tokenizer } from '../../tokenizer/tokenizer.ts';
import { readLines, locate } from '../data/folder.ts';
import { Kept } from '../data/kept.ts';
import { readFrames } from '../data/read-entry.ts';
import type { Located } from '../data/samples.ts';
import { drawsOfStep } from '../run/state.ts';
import { drawCaption } from './caption-draws.ts';
import { drawOrder } from './choices.ts';
import { mappedSeconds } from './durations.ts';
import { packDataSet } from './pack-data-set.ts';
import type { ReleasedRecipe } from './recipe.ts';
import { readCached, writeCached } from './token-cache.ts';
import type { TokenCache } from './token-cache.ts';

/** A line that is trained on. */
export interface ReleasedSample {
  readonly entry: Located;
  /** Of a video. */
  readonly seconds?: number;
  readonly frames: number;
}

/** A sequence of an epoch: samples, each with the captions that are drawn for it. */
export type Sequence = readonly { readonly sample: ReleasedSample; readonly captions: readonly string[] }[];

export interface DataSetOptions {
  readonly model: Model;
  readonly tokenizer: Tokenizer;
  readonly recipe: ReleasedRecipe;
  readonly cache: TokenCache;
  readonly seed: number;
}

const LONGEST_TEXT = 512;

export class ReleasedDataSet {
  private readonly kept = new Kept();
  private readonly texts = new Map<string, HostTensor>();
  private readonly epochs: Sequence[][] = [];

  private constructor(
    private readonly samples: readonly ReleasedSample[],
    readonly fingerprint: string,
    private readonly options: DataSetOptions,
  ) {}

  /** @throws FileError or ArgumentError naming the folder, or the file and the line, and what is wrong there. */
  static async open(folder: string, options: DataSetOptions): Promise<ReleasedDataSet> {
    const { recipe, model } = options;
    const rate = model.config.schedule.fps;
    const { entries, fingerprint } = await readLines(folder);
    const samples: ReleasedSample[] = [];
    for (const entry of entries) {
      const seconds = entry.clip === undefined ? undefined : mappedSeconds(entry.clip, recipe, rate);
      const frames = seconds === undefined ? 1 : Math.floor(seconds * rate) + 1;
      if (entry.clip !== undefined && seconds === undefined) continue;
      if (recipe.interactive === 1 && !hasTwoClips(options, entry.captionsOfClips, frames)) continue;
      const located = { ...entry, file: await locate(folder, entry) };
      samples.push({ entry: located, frames, ...(seconds === undefined ? {} : { seconds }) });
    }
    if (samples.length === 0) {
      const needed = recipe.interactive === 1 ? 'with two clip_captions, longer than a clip' : 'as long as the recipe needs';
      throw new FileError(folder, `has no line ${needed} in its .jsonl files`);
    }
    return new ReleasedDataSet(samples, fingerprint, options);
  }

  /** Sequence number `index` of the endless list of epochs. */
  async sequence(index: number): Promise<Sequence> {
    let left = index;
    for (let epoch = 0; ; epoch++) {
      this.epochs[epoch] ??= await this.formEpoch(epoch);
      if (left < this.epochs[epoch].length) return this.epochs[epoch][left];
      left -= this.epochs[epoch].length;
    }
  }

  /** (L, text_channels), of at most 512 tokens. */
  async text(caption: string): Promise<HostTensor> {
    const known = this.texts.get(caption) ?? (await this.options.model.encodePrompt(caption));
    this.texts.set(caption, known);
    return known;
  }

  /** (1, C, t, h, w): from the cache, or encoded and put there. */
  async features({ entry, frames }: ReleasedSample): Promise<HostTensor> {
    return this.kept.get(`${frames} of ${entry.where}`, async () => {
      const { cache, model } = this.options;
      const channels = featureChannels(model.config.tokenizer);
      const latents = (frames - 1) / framesPerLatent(model.config.tokenizer) + 1;
      let whole = await readCached(cache, entry, channels, latents); // (C, T, h, w)
      if (whole === undefined) {
        whole = await this.encode(entry, frames);
        await writeCached(cache, entry, whole);
      }
      return beginning(whole, latents);
    });
  }

  /** Computes all features that are not in the cache yet. */
  async extract(onProgress: (done: number, of: number) => void): Promise<void> {
    for (const [i, sample] of this.samples.entries()) {
      await this.features(sample);
      onProgress(i + 1, this.samples.length);
    }
  }

  /** The schedule of features of this size. */
  schedule([, , latents, h, w]: readonly number[]): Schedule {
    const { schedule } = this.options.model.config;
    return makeSchedule(sizesFor(schedule, h / w), schedule.frames_inner_clip, latents, schedule.frames_first_clip);
  }

  /** With the length of a clip in front, as the released script has it. */
  private clipCaptions({ captionsOfClips = [] }: Located): string[] {
    const { schedule, tokenizer } = this.options.model.config;
    const seconds = (schedule.frames_inner_clip * framesPerLatent(tokenizer)) / schedule.fps;
    const front = this.options.recipe.append_duration2caption === 1 ? durationPrefix(Math.round(seconds)) : '';
    return captionsOfClips.map((caption) => front + caption);
  }

  private async encode(entry: Located, frames: number): Promise<HostTensor> {
    const { model, tokenizer } = this.options;
    const { schedule } = model.config;
    const read = await readFrames(entry, entry.file, frames, schedule.fps); // (T, H₀, W₀, 3)
    const sizes = sizesFor(schedule, read.shape[1] / read.shape[2]);
    const [height, width] = pixelSize(makeSchedule(sizes, schedule.frames_inner_clip, 1));
    const video = transformFrames(read, height, width); // (1, 3, T, H, W)
    const features = await model.backend.scope('features', async (b) => b.read(await encodeVideo(b, tokenizer, video)));
    return hostTensor(rowMajor(features), features.shape.slice(1));
  }

  private async formEpoch(epoch: number): Promise<Sequence[]> {
    const { recipe, seed, model } = this.options;
    const uniforms = drawsOfStep(seed, -2 - epoch);
    const order = drawOrder(uniforms, this.samples);
    const drawn = order.map((sample) => {
      const { entry, seconds } = sample;
      const captions = recipe.interactive === 1 ? this.clipCaptions(entry) : [drawCaption(entry, seconds, recipe, uniforms)];
      return { sample, captions };
    });
    const counts: number[][] = [];
    if (recipe.train_max_token_len >= 0 && recipe.interactive === 0) {
      for (const { sample, captions } of drawn) {
        const text = (await this.text(captions[0])).shape[0];
        const latents = (sample.frames - 1) / framesPerLatent(model.config.tokenizer) + 1;
        const [h, w] = sizesFor(model.config.schedule, 9 / 16).at(-1)!; // as officially, lengths are those of 9/16
        let sum = text;
        counts.push(this.schedule([1, 1, latents, h, w]).scales.map((scale) => (sum += sizeOf(scale))));
      }
    }
    const { train_max_token_len: limit, seq_pack_bucket } = recipe;
    const packing = { limit, seq_pack_bucket, longestText: LONGEST_TEXT };
    const packed = counts.length === 0 ? drawn.map((_, i) => [i]) : packDataSet(counts, packing, uniforms);
    return drawOrder(uniforms, packed).map((list) => list.map((i) => drawn[i]));
  }
}

function hasTwoClips({ model }: DataSetOptions, captions: readonly string[] | undefined, frames: number): boolean {
  const { schedule, tokenizer } = model.config;
  return captions?.length === 2 && frames > 1 + schedule.frames_inner_clip * framesPerLatent(tokenizer);
}

/** (C, T, h, w) → (1, C, t, h, w) */
function beginning(features: HostTensor, latents: number): HostTensor {
  const [channels, all, h, w] = features.shape;
  const values = new Float32Array(channels * latents * h * w);
  const from = rowMajor(features);
  for (let c = 0; c < channels; c++) {
    const start = c * all * h * w;
    values.set(from.subarray(start, start + latents * h * w), c * latents * h * w);
  }
  return hostTensor(values, [1, channels, latents, h, w]);
}
