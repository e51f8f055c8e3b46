/**
 * A folder as a training set: the lines of all its .jsonl files (entries.ts). Held out are the lines that say so, or, where none
 * does, about a tenth of the files (order.ts). Paths start from the folder or, as in the official set, from where the command
 * runs. samples.ts draws from the entries.
 */

import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FileError } from '../../errors.ts';
import { fileError, isFolder, readWhole } from '../../io/files.ts';
import { parseEntries } from './entries.ts';
import type { Augmentation } from './augment.ts';
import type { Entry } from './entries.ts';
import { Kept } from './kept.ts';
import { splitByFile } from './order.ts';
import type { Split } from './order.ts';
import type { InputForm } from './read-entry.ts';
import { samplesOf } from './samples.ts';
import type { FolderVideos, Located } from './samples.ts';

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
  /** Of what is trained on. */
  readonly augmentation?: Augmentation;
}

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
  const split = located.some(({ heldOut }) => heldOut === true) ? splitByLine : splitByFile;
  const isVideo = ({ clip, still }: Entry): boolean => clip !== undefined || still === true;
  const videos = split(located.filter(isVideo));
  const pictures = split(located.filter((entry) => !isVideo(entry)));
  if (located.length === 0) throw new FileError(folder, 'has no line in its .jsonl files');
  if (options.frames > 1 && videos.train.length === 0) throw new FileError(folder, 'has pictures only; videos are trained on too');
  const kept = new Kept();
  const plain = { height: options.height, width: options.width, rate: options.rate, seed: options.seed };
  return {
    train: samplesOf({ videos: videos.train, pictures: pictures.train, fingerprint, kept }, options),
    heldOut: samplesOf({ videos: videos.heldOut, pictures: pictures.heldOut, fingerprint, kept }, plain),
    overlap: videos.overlap || pictures.overlap,
  };
}

/** As the lines say. */
function splitByLine(entries: readonly Located[]): Split<Located> {
  const [train, heldOut] = [false, true].map((wanted) => entries.filter((entry) => (entry.heldOut === true) === wanted));
  return { train, heldOut, overlap: false };
}

/** All lines of the .jsonl files of a folder, and a name for them that changes when they do. */
export async function readLines(folder: string): Promise<{ entries: Entry[]; fingerprint: string }> {
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

/** The file of a line. @throws FileError if there is none. */
export async function locate(folder: string, { path, where }: Entry): Promise<string> {
  for (const candidate of [resolve(folder, path), resolve(path)]) {
    if (await stat(candidate).then(() => true, () => false)) return candidate;
  }
  throw new FileError(where, `names '${path}', which is not in the folder`);
}

/** A loop is as long as one likes. */
function checkLength({ clip, where, loop }: Entry, { frames, rate }: FolderOptions): void {
  if (clip === undefined || loop === true) return;
  const [seconds, needed] = [(clip.end - clip.begin) / clip.fps, (frames - 1) / rate];
  if (seconds < needed) {
    const has = `${clip.end - clip.begin} frames at ${clip.fps} a second`;
    throw new FileError(where, `has too few frames: ${has}, but ${needed} seconds are needed for ${frames} frames at ${rate} a second`);
  }
}
