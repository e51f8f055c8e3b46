/** A folder of numbered frames, PNG, JPEG or WebP, in natural order (frame2 before frame10). It has no frame rate. */

import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { NdArray } from 'ndarray';
import { rowMajor } from '../array/host.ts';
import { FileError } from '../errors.ts';
import { writeFileAtomic, writeFolderAtomic } from './atomic.ts';
import { fileError, readWhole } from './files.ts';
import { decodeJpeg } from './jpeg.ts';
import type { Picture, Video } from './picture.ts';
import { checkSize, frameAt, videoOf } from './picture.ts';
import { decodePng, encodePng } from './png.ts';
import { sniff } from './sniff.ts';
import { decodeWebp } from './webp.ts';

const EXTENSIONS = ['.png', '.jpg', '.jpeg', '.webp'];

/** @throws FileError if the folder holds no frames, or frames of different sizes. */
export async function readFramesFolder(folder: string): Promise<Video> {
  const names = await frameNames(folder);
  if (names.length === 0) throw new FileError(folder, `holds no frames (${EXTENSIONS.join(', ')})`);
  const frames: Uint8Array[] = [];
  let size: readonly [number, number] | undefined;
  for (const name of names) {
    const path = join(folder, name);
    const bytes = await readWhole(path);
    const picture = await decodePicture(bytes, path); // (H, W, 3)
    const [height, width] = picture.shape as [number, number, number];
    size ??= [height, width];
    if (height !== size[0] || width !== size[1]) {
      throw new FileError(path, `is ${width}×${height}, the first frame ${size[1]}×${size[0]}; all must be alike`);
    }
    checkSize(folder, width, height, names.length);
    frames.push(rowMajor(picture));
  }
  return videoOf(frames, ...size!, null);
}

/** Writes frame-00001.png and so on. @throws FileError if the folder exists and is not empty. */
export async function writeFramesFolder(folder: string, frames: NdArray<Uint8Array>): Promise<void> {
  await writeFolderAtomic(folder, async (temporary) => {
    for (let t = 0; t < frames.shape[0]; t++) {
      const name = `frame-${String(t + 1).padStart(5, '0')}.png`;
      await writeFileAtomic(join(temporary, name), encodePng(frameAt(frames, t)));
    }
  });
}

/** By its content, whatever its name says. @throws FileError */
async function decodePicture(bytes: Uint8Array, path: string): Promise<Picture> {
  const kind = sniff(bytes);
  if (kind === 'JPEG') return decodeJpeg(bytes, path);
  if (kind !== 'WebP') return decodePng(bytes, path);
  const { frames } = await decodeWebp(bytes, path); // (T, H, W, 3)
  if (frames.shape[0] !== 1) throw new FileError(path, `holds ${frames.shape[0]} frames; a folder of frames has one in each file`);
  return frameAt(frames, 0);
}

/** The names of the frames in a folder, in order. */
export async function frameNames(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder);
    const names = entries.filter((name) => !name.startsWith('.') && EXTENSIONS.includes(extname(name).toLowerCase()));
    return names.sort(naturalOrder);
  } catch (error) {
    throw fileError(folder, error);
  }
}

const collator = new Intl.Collator('en', { numeric: true });

/** Numbers inside names by value; names that compare equal (1, 01) by their characters. */
export function naturalOrder(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : Number(a > b));
}
