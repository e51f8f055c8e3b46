/**
 * Samples of a folder's entries. Sample i of n entries is entry πₑ(i mod n) for epoch e = ⌊i/n⌋ (order.ts). Pictures are all
 * entries, of a video its first frame; videos are the videos alone. There is no foreground: all pixels weigh alike.
 *
 * With an augmentation (augment.ts), a loop may begin anywhere, some videos are still pictures that move, and every sample
 * is varied. What is drawn for sample i comes from the seed and i alone.
 */

import { hostTensor, hostZeros } from '../../array/host.ts';
import type { HostTensor } from '../../array/host.ts';
import { FileError } from '../../errors.ts';
import { seededUniforms } from '../../sampler/uniforms.ts';
import { augment, AUGMENT_DRAWS } from './augment.ts';
import type { Augmentation } from './augment.ts';
import type { Entry } from './entries.ts';
import type { Kept } from './kept.ts';
import { permutation } from './order.ts';
import { readEntry, readLoop } from './read-entry.ts';
import type { InputForm } from './read-entry.ts';
import type { CaptionedVideos } from './videos.ts';

export type Located = Entry & { readonly file: string };

export interface FolderVideos extends CaptionedVideos {
  readonly fingerprint: string;
  readonly pictures: CaptionedVideos;
}

export interface SampleSources {
  readonly videos: readonly Located[];
  readonly pictures: readonly Located[];
  readonly fingerprint: string;
  readonly kept: Kept;
}

export interface SampleOptions extends InputForm {
  readonly seed: number;
  readonly augmentation?: Augmentation;
}

export function samplesOf({ videos, pictures, fingerprint, kept }: SampleSources, options: SampleOptions): FolderVideos {
  const { seed, augmentation } = options;
  const all = [...videos, ...pictures];
  const at = (list: readonly Located[], index: number): Located => {
    const epoch = Math.floor(index / list.length);
    return list[permutation(list.length, seed, epoch)[index % list.length]];
  };
  const captioned = (list: readonly Located[]): Omit<CaptionedVideos, 'batch'> => ({
    fingerprint,
    videos: list.length,
    caption(index) {
      const { caption, where } = at(list, index);
      if (caption === undefined) throw new FileError(where, 'has no caption');
      return caption;
    },
    captions(index) {
      return at(list, index).captions ?? [this.caption(index)];
    },
  });
  const varied = async (index: number, frames: number, how: Augmentation): Promise<HostTensor> => {
    const u = drawsOf(seed, index);
    const list = frames === 1 || u[0] < how.stills ? all : videos;
    const entry = at(list, index);
    const begin = entry.loop === true && u[1] < how.offset ? u[2] : 0;
    const x = await framesOf(entry, frames, begin, kept, options); // (1, 3, T, H, W)
    return augment(x, how, u.subarray(3), frames > 1 && entry.clip === undefined);
  };
  const frames: Pick<CaptionedVideos, 'batch'> = {
    async batch(first, count, frames) {
      const samples: HostTensor[] = []; // (1, 3, T, H, W) each
      for (let index = first; index < first + count; index++) {
        samples.push(augmentation === undefined
          ? await framesOf(at(frames === 1 ? all : videos, index), frames, 0, kept, options)
          : await varied(index, frames, augmentation));
      }
      const [, ...shape] = samples[0].shape;
      const values = new Float32Array(samples.length * samples[0].data.length);
      samples.forEach(({ data }, i) => values.set(data, i * data.length));
      return { video: hostTensor(values, [count, ...shape]), foreground: hostZeros([count, 1, ...shape.slice(1)]) };
    },
  };
  return { ...captioned(videos), fingerprint, ...frames, pictures: { ...captioned(all), ...frames } };
}

/** Uniforms for sample `index`. */
function drawsOf(seed: number, index: number): Float64Array {
  const hash = (Math.imul(seed + 1, 0xc2b2ae35) ^ Math.imul(index + 1, 0x27d4eb2f)) >>> 0;
  return Float64Array.from(seededUniforms(hash).next(3 + AUGMENT_DRAWS));
}

/** @param begin where in its loop the first frame is, 0 … 1. @returns (1, 3, T, H, W) */
async function framesOf(entry: Located, frames: number, begin: number, kept: Kept, form: InputForm): Promise<HostTensor> {
  if (entry.loop === true) {
    const whole = await kept.get(`loop of ${entry.where}`, () => readLoop(entry, entry.file, form)); // (1, 3, n, H, W)
    return windowOf(whole, frames, Math.floor(begin * whole.shape[2]));
  }
  const own = entry.clip === undefined ? 1 : frames;
  const x = await kept.get(`${own} of ${entry.where}`, () => readEntry(entry, entry.file, own, form)); // (1, 3, own, H, W)
  return own === frames ? x : windowOf(x, frames, 0);
}

/** Frames `start` … `start` + frames − 1, after the last one the first again: (1, 3, n, H, W) → (1, 3, T, H, W) */
function windowOf(x: HostTensor, frames: number, start: number): HostTensor {
  const [, channels, n, height, width] = x.shape;
  const area = height * width;
  const values = new Float32Array(channels * frames * area);
  for (let c = 0; c < channels; c++) {
    for (let t = 0; t < frames; t++) {
      const from = (c * n + ((start + t) % n)) * area;
      values.set(x.data.subarray(from, from + area), (c * frames + t) * area);
    }
  }
  return hostTensor(values, [1, channels, frames, height, width]);
}
