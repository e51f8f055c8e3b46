/**
 * A folder as a training set: the lines of all its .jsonl files (entries.ts), about a tenth of them held out (order.ts).
 * Pictures are all entries, of a video its first frame; videos are the videos alone. Paths start from the folder or, as in
 * the official set, from where the command runs. There is no foreground: all pixels weigh alike.
 */

import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { hostTensor, hostZeros } from '../../array/host.ts';
import type { HostTensor } from '../../array/host.ts';
import { FileError } from '../../errors.ts';
import { fileError, isFolder, readWhole } from '../../io/files.ts';
import { parseEntries } from './entries.ts';
import type { Entry } from './entries.ts';
import { Kept } from './kept.ts';
import { permutation, splitByFile } from './order.ts';
import { readEntry } from './read-entry.ts';
import type { InputForm } from './read-entry.ts';
import type { CaptionedVideos } from './videos.ts';

export interface FolderVideos extends CaptionedVideos {
  readonly fingerprint: string;
  readonly pictures: CaptionedVideos;
}

export interface FolderData {
  readonly train: FolderVideos;
  readonly heldOut: FolderVideos;
  /** Whether there are too few files to hold some out: then all are both. */
  readonly overlap: boolean;
}

export interface FolderOptions extends InputForm {
  /** The longest that is asked for: every video must have so many frames at the model's rate. */
  readonly frames: number;
  readonly seed: number;
}

type Located = Entry & { readonly file: string };

/**
 * Reads all lines, and looks whether their files are there.
 * @throws FileError or ArgumentError naming the folder, or the file and the line, and what is wrong there.
 */
export async function folderData(folder: string, options: FolderOptions): Promise<FolderData> {
  const { entries, fingerprint } = await readLines(folder);
  const located: Located[] = [];
  for (const entry of entries) {
    checkLength(entry, options);
    located.push({ ...entry, file: await locate(folder, entry) });
  }
  const videos = splitByFile(located.filter(({ clip }) => clip !== undefined));
  const pictures = splitByFile(located.filter(({ clip }) => clip === undefined));
  if (located.length === 0) throw new FileError(folder, 'has no line in its .jsonl files');
  if (options.frames > 1 && videos.train.length === 0) throw new FileError(folder, 'has pictures only; videos are trained on too');
  const kept = new Kept();
  const part = (name: 'train' | 'heldOut'): FolderVideos => partOf(videos[name], pictures[name], fingerprint, options, kept);
  return { train: part('train'), heldOut: part('heldOut'), overlap: videos.overlap || pictures.overlap };
}

function partOf(
  videos: readonly Located[],
  pictures: readonly Located[],
  fingerprint: string,
  options: FolderOptions,
  kept: Kept,
): FolderVideos {
  const all = [...videos, ...pictures];
  const at = (list: readonly Located[], index: number): Located => {
    const epoch = Math.floor(index / list.length);
    return list[permutation(list.length, options.seed, epoch)[index % list.length]];
  };
  const captioned = (list: readonly Located[]): Omit<CaptionedVideos, 'batch'> => ({
    fingerprint,
    videos: list.length,
    caption(index) {
      const { caption, where } = at(list, index);
      if (caption === undefined) throw new FileError(where, 'has no caption');
      return caption;
    },
  });
  const frames: Pick<CaptionedVideos, 'batch'> = {
    async batch(first, count, frames) {
      const samples: HostTensor[] = []; // (1, 3, T, H, W) each
      for (let index = first; index < first + count; index++) {
        const entry = at(frames === 1 ? all : videos, index);
        samples.push(await kept.get(`${frames} of ${entry.where}`, () => readEntry(entry, entry.file, frames, options)));
      }
      const [, ...shape] = samples[0].shape;
      const values = new Float32Array(samples.length * samples[0].data.length);
      samples.forEach(({ data }, i) => values.set(data, i * data.length));
      return { video: hostTensor(values, [count, ...shape]), foreground: hostZeros([count, 1, ...shape.slice(1)]) };
    },
  };
  return { ...captioned(videos), fingerprint, ...frames, pictures: { ...captioned(all), ...frames } };
}

async function readLines(folder: string): Promise<{ entries: Entry[]; fingerprint: string }> {
  if (!(await isFolder(folder))) throw await notFolder(folder);
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.jsonl')).sort();
  if (names.length === 0) throw new FileError(folder, 'has no .jsonl file, whose lines would name videos and pictures');
  const hash = createHash('sha256');
  const entries: Entry[] = [];
  for (const name of names) {
    const path = join(folder, name);
    const bytes = await readWhole(path);
    hash.update(`${name}\n`).update(bytes);
    entries.push(...parseEntries(new TextDecoder().decode(bytes), path));
  }
  return { entries, fingerprint: hash.digest('hex').slice(0, 16) };
}

async function notFolder(folder: string): Promise<unknown> {
  const problem = await stat(folder).then(() => new FileError(folder, 'is a file; a folder with a .jsonl file is needed'), (error: unknown) => error);
  return fileError(folder, problem);
}

async function locate(folder: string, { path, where }: Entry): Promise<string> {
  for (const candidate of [resolve(folder, path), resolve(path)]) {
    if (await stat(candidate).then(() => true, () => false)) return candidate;
  }
  throw new FileError(where, `names '${path}', which is not in the folder`);
}

function checkLength({ clip, where }: Entry, { frames, rate }: FolderOptions): void {
  if (clip === undefined) return;
  const [seconds, needed] = [(clip.end - clip.begin) / clip.fps, (frames - 1) / rate];
  if (seconds < needed) {
    const has = `${clip.end - clip.begin} frames at ${clip.fps} a second`;
    throw new FileError(where, `has too few frames: ${has}, but ${needed} seconds are needed for ${frames} frames at ${rate} a second`);
  }
}
