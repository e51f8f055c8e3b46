/** Reads pictures and videos of every supported kind. The extension chooses, the content must agree. */

import { extname } from 'node:path';
import { hostTensor, rowMajor } from '../array/host.ts';
import { FileError } from '../errors.ts';
import { decodeApng, isAnimated } from './apng.ts';
import type { VideoPart, WantedSize } from './ffmpeg.ts';
import { decodeVideo } from './ffmpeg.ts';
import { isFolder, readStart, readWhole } from './files.ts';
import { readFramesFolder } from './frames-folder.ts';
import { decodeGif } from './gif.ts';
import { decodeJpeg } from './jpeg.ts';
import type { Picture, Video } from './picture.ts';
import { frameAt } from './picture.ts';
import { decodePng } from './png.ts';
import { readChunks } from './png-chunks.ts';
import type { MediaFormat } from './sniff.ts';
import { describe, sniff } from './sniff.ts';
import { decodeWebp } from './webp.ts';

const FORMATS: ReadonlyMap<string, MediaFormat> = new Map([
  ['.png', 'PNG'],
  ['.apng', 'PNG'],
  ['.jpg', 'JPEG'],
  ['.jpeg', 'JPEG'],
  ['.gif', 'GIF'],
  ['.webp', 'WebP'],
  ['.mp4', 'MP4 or QuickTime'],
  ['.m4v', 'MP4 or QuickTime'],
  ['.mov', 'MP4 or QuickTime'],
  ['.webm', 'WebM or Matroska'],
  ['.mkv', 'WebM or Matroska'],
  ['.avi', 'AVI'],
]);

/**
 * Any picture (as one frame), video or folder of frames. Of the kinds that ffmpeg reads (.mp4, .m4v, .mov, .webm, .mkv,
 * .avi) only `part` is decoded, and its frames are resized to `size` on their way; others are decoded whole, as they are.
 * @throws FileError if the file is missing, empty, truncated, damaged, too large, or not what its name says.
 * @throws UnsupportedError if a video needs ffmpeg and there is none.
 */
export async function readMedia(path: string, part?: VideoPart, size?: WantedSize): Promise<Video> {
  if (await isFolder(path)) return readFramesFolder(path);
  const extension = extname(path).toLowerCase();
  const expected = FORMATS.get(extension);
  const start = await readStart(path);
  if (expected === undefined) {
    const kinds = [...FORMATS.keys()].join(', ');
    throw new FileError(path, `is of no supported kind '${extension}'; supported are ${kinds} and folders of frames`);
  }
  if (sniff(start) !== expected) {
    throw new FileError(path, `is named ${extension} but is ${describe(start)}, not a ${expected} file`);
  }
  switch (expected) {
    case 'PNG': {
      const bytes = await readWhole(path);
      return isAnimated(readChunks(bytes, path)) ? decodeApng(bytes, path) : still(decodePng(bytes, path));
    }
    case 'JPEG':
      return still(await decodeJpeg(await readWhole(path), path));
    case 'GIF':
      return decodeGif(await readWhole(path), path);
    case 'WebP':
      return decodeWebp(await readWhole(path), path);
    case 'MP4 or QuickTime':
      return decodeVideo(path, 'mov', part, size);
    case 'WebM or Matroska':
      return decodeVideo(path, 'matroska', part, size);
    case 'AVI':
      return decodeVideo(path, 'avi', part, size);
  }
}

/** A single picture → (H, W, 3). @throws FileError also if the file holds more than one frame. */
export async function readPicture(path: string): Promise<Picture> {
  const { frames } = await readMedia(path, { first: 1 });
  if (frames.shape[0] !== 1) throw new FileError(path, `holds ${frames.shape[0]} frames; a single picture is needed`);
  return frameAt(frames, 0);
}

function still(picture: Picture): Video {
  const [height, width] = picture.shape as [number, number, number];
  return { frames: hostTensor(rowMajor(picture), [1, height, width, 3]), fps: null }; // (1, H, W, 3)
}
