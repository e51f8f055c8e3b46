/** Writes pictures and videos; the extension chooses the kind, a name without one means a folder of PNG frames. */

import { extname } from 'node:path';
import type { NdArray } from 'ndarray';
import { ArgumentError, ShapeError } from '../errors.ts';
import { checkApng, encodeApng } from './apng.ts';
import { checkFolderTarget, checkTarget, writeFileAtomic } from './atomic.ts';
import { checkGif, encodeGif } from './gif.ts';
import { writeFramesFolder } from './frames-folder.ts';
import { checkMp4, encodeMp4 } from './mp4.ts';
import { frameAt } from './picture.ts';
import { encodePng } from './png.ts';

const KINDS = '.png (one frame), .apng, .gif, .mp4, or a name without extension for a folder of .png frames';

/** What is to be written. */
export interface OutputForm {
  readonly frames: number;
  readonly height: number;
  readonly width: number;
  readonly fps: number;
}

/**
 * Whether an output can be written here, to be asked before the work that makes it.
 * @throws ArgumentError if the kind cannot hold it. @throws FileError if the place cannot be written to.
 */
export async function checkOutput(path: string, { frames, height, width, fps }: OutputForm): Promise<void> {
  const extension = extname(path).toLowerCase();
  if (!['', '.png', '.apng', '.gif', '.mp4'].includes(extension)) {
    throw new ArgumentError('output', KINDS, path);
  }
  if (extension === '.png' && frames !== 1) {
    throw new ArgumentError('output', `another name for ${frames} frames: .apng, .gif, .mp4 or a folder`, path);
  }
  if (extension === '.apng') checkApng(fps);
  if (extension === '.gif') checkGif(height, width, fps);
  if (extension === '.mp4') checkMp4(height, width, fps);
  await (extension === '' ? checkFolderTarget(path) : checkTarget(path));
}

/**
 * (T, H, W, 3) → a file or folder, whole or not at all.
 * @throws ArgumentError and FileError as checkOutput.
 */
export async function writeMedia(path: string, frames: NdArray<Uint8Array>, fps: number): Promise<void> {
  const [count, height, width, channels] = frames.shape as [number, number, number, number];
  if (frames.shape.length !== 4 || channels !== 3 || count * height * width === 0) {
    throw new ShapeError('frames', 'a shape (T, H, W, 3)', [...frames.shape]);
  }
  await checkOutput(path, { frames: count, height, width, fps });
  switch (extname(path).toLowerCase()) {
    case '.png':
      return writeFileAtomic(path, encodePng(frameAt(frames, 0)));
    case '.apng':
      return writeFileAtomic(path, encodeApng(frames, fps));
    case '.gif':
      return writeFileAtomic(path, encodeGif(frames, fps));
    case '.mp4':
      return writeFileAtomic(path, await encodeMp4(frames, fps));
    default:
      return writeFramesFolder(path, frames);
  }
}
