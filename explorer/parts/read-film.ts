/** A picture, several, or a clip from somebody's disk as frames. The browser decodes; what it cannot is said in words. */

import type { Film } from '../engine/protocol.ts';

const MAX_BYTES = 50 * 2 ** 20;
const MAX_SIDE = 512;

/** @param most frames at most. @param fps of a clip's frames. @throws Error in words for the reader. */
export async function readFilm(files: readonly File[], most: number, fps: number): Promise<Film> {
  const [first] = files;
  if (first === undefined) throw new Error('no file was chosen');
  for (const { name, size } of files) if (size > MAX_BYTES) throw new Error(`${name}: larger than 50 MB`);
  const frames = await framesOf(files, most, fps);
  const [width, height] = 'displayWidth' in frames[0] ? [frames[0].displayWidth, frames[0].displayHeight] : [frames[0].width, frames[0].height];
  const scale = Math.min(1, MAX_SIDE / Math.max(width, height));
  const [w, h] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  const data = new Uint8Array(frames.length * h * w * 3);
  const context = new OffscreenCanvas(w, h).getContext('2d', { willReadFrequently: true })!;
  frames.forEach((frame, t) => {
    context.fillStyle = '#ffffff';
    context.fillRect(0, 0, w, h);
    context.drawImage(frame, 0, 0, w, h);
    const pixels = context.getImageData(0, 0, w, h).data;
    for (let i = 0; i < h * w; i++) for (let c = 0; c < 3; c++) data[(t * h * w + i) * 3 + c] = pixels[4 * i + c];
    frame.close();
  });
  return { t: frames.length, h, w, data };
}

async function framesOf(files: readonly File[], most: number, fps: number): Promise<(ImageBitmap | VideoFrame)[]> {
  const [first] = files;
  if (first.type.startsWith('video/')) return clipFrames(first, most, fps);
  if (files.length > 1) return Promise.all(files.slice(0, most).map(pictureFrame));
  return (await animationFrames(first, most, fps)) ?? [await pictureFrame(first)];
}

/**
 * The frames of an animated GIF, PNG or WebP that are shown at 0, 1/fps, 2/fps … seconds. Undefined for a still picture, and
 * for what the browser has no decoder of animations for; that of GIFs is then said, for they would pass for their first frame.
 */
async function animationFrames(file: File, most: number, fps: number): Promise<VideoFrame[] | undefined> {
  if (typeof ImageDecoder === 'undefined' || !(await ImageDecoder.isTypeSupported(file.type))) {
    const only = 'this browser can read the first picture of a GIF only; give it a video or pictures';
    if (file.type === 'image/gif') throw new Error(`${file.name}: ${only}`);
    return undefined;
  }
  const decoder = new ImageDecoder({ data: file.stream(), type: file.type });
  try {
    await decoder.tracks.ready;
    await decoder.completed; // before that the number of frames grows
    const count = decoder.tracks.selectedTrack?.frameCount ?? 1;
    if (count < 2) return undefined;
    const frames: VideoFrame[] = [];
    let end = 0; // µs, of the frames seen so far
    for (let i = 0; i < count && frames.length < most; i++) {
      const { image } = await decoder.decode({ frameIndex: i });
      end += image.duration ?? 1e6 / fps;
      const from = frames.length;
      while (frames.length < most && (frames.length / fps) * 1e6 < end - 1) {
        frames.push(frames.length === from ? image : image.clone());
      }
      if (frames.length === from) image.close();
    }
    return frames;
  } catch {
    throw new Error(`${file.name}: no picture that this browser can read`);
  } finally {
    decoder.close();
  }
}

async function pictureFrame(file: File): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file);
  } catch {
    throw new Error(`${file.name}: no picture that this browser can read`);
  }
}

async function clipFrames(file: File, most: number, fps: number): Promise<ImageBitmap[]> {
  const video = document.createElement('video');
  const address = URL.createObjectURL(file);
  try {
    video.muted = true;
    video.src = address;
    await eventOf(video, 'loadeddata', file.name);
    const frames: ImageBitmap[] = [];
    for (let t = 0; t < most && t / fps <= video.duration; t++) {
      video.currentTime = Math.min(t / fps, Math.max(0, video.duration - 0.001));
      await eventOf(video, 'seeked', file.name);
      frames.push(await createImageBitmap(video));
    }
    return frames;
  } finally {
    URL.revokeObjectURL(address);
  }
}

function eventOf(video: HTMLVideoElement, name: string, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    video.addEventListener(name, () => resolve(), { once: true });
    video.addEventListener('error', () => reject(new Error(`${file}: no video that this browser can read`)), { once: true });
  });
}
