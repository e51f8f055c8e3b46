/** The items of a folder that `npm run data:emoji` made, with all their frames, to compare with what a model makes. */

import { join } from 'node:path';
import type { NdArray } from 'ndarray';
import { hostTensor, rowMajor } from '../array/host.ts';
import { FileError } from '../errors.ts';
import { Fields } from '../io/fields.ts';
import { fileError, readWhole } from '../io/files.ts';
import { readMedia } from '../io/read-media.ts';
import { plainPath } from '../io/plain-path.ts';
import { parseStrictJson } from '../io/strict-json.ts';
import type { NamedEmoji } from '../emoji/names.ts';

export interface LibraryItem extends NamedEmoji {
  /** What training may have seen for it. */
  readonly captions: readonly string[];
  readonly heldOut: boolean;
  readonly animated: boolean;
  /** (T, side, side, 3); of a still picture one. */
  readonly frames: NdArray<Uint8Array>;
}

/**
 * @throws FileError or ArgumentError naming the folder, or the line that is wrong.
 */
export async function readLibrary(folder: string, side: number): Promise<LibraryItem[]> {
  const path = join(folder, 'emoji.jsonl');
  const text = new TextDecoder().decode(await readWhole(path).catch((error: unknown) => {
    const absent = error instanceof FileError && error.problem === 'does not exist';
    throw absent ? new FileError(path, 'does not exist; `npm run data:emoji` makes it') : fileError(path, error);
  }));
  const items: LibraryItem[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const where = `${path}:${i + 1}`;
    items.push(await readItem(folder, new Fields(parseStrictJson(new TextEncoder().encode(line), where), where), side));
  }
  if (items.length === 0) throw new FileError(path, 'has no item');
  return items;
}

async function readItem(folder: string, fields: Fields, side: number): Promise<LibraryItem> {
  const animated = fields.has('video_path');
  const file = plainPath(fields.string(animated ? 'video_path' : 'image_path'), fields.where);
  const { frames } = await readMedia(join(folder, file));
  if (frames.shape[1] !== side || frames.shape[2] !== side) {
    throw new FileError(join(folder, file), `is ${frames.shape[2]}×${frames.shape[1]}; ${side}×${side} are needed`);
  }
  return {
    name: fields.string('caption'),
    emoji: fields.string('emoji'),
    tags: fields.strings('tags'),
    captions: fields.strings('captions'),
    heldOut: fields.has('held_out'),
    animated,
    frames,
  };
}

/** The first frames of an item's loop, which begins again at its end: (count, side, side, 3) */
export function loopFrames({ frames }: LibraryItem, count: number): NdArray<Uint8Array> {
  const [length, height, width] = frames.shape as [number, number, number, number];
  const bytes = rowMajor(frames);
  const size = height * width * 3;
  const out = new Uint8Array(count * size);
  for (let t = 0; t < count; t++) out.set(bytes.subarray((t % length) * size, ((t % length) + 1) * size), t * size);
  return hostTensor(out, [count, height, width, 3]);
}
