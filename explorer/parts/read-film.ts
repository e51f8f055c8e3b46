/** A picture, several, or a clip from somebody's disk as frames. The browser decodes; what it cannot is said in words. */

import type { Film } from '../engine/protocol.ts';

const MAX_BYTES = 50 * 2 ** 20;
const MAX_SIDE = 512;

/** @param most frames at most. @param fps of a clip's frames. @throws Error in words for the reader. */
export async function readFilm(files: readonly File[], most: number, fps: number): Promise<Film> {
  const [first] = files;
  if (first === undefined) throw new Error('no file was chosen');
  for (const { name, size } of files) if (size > MAX_BYTES) throw new Error(`${name}: larger than 50 MB`);
  const frames = first.type.startsWith('video/') ? await clipFrames(first, most, fps) : await Promise.all(files.slice(0, most).map(pictureFrame));
  const [{ width, height }] = frames;
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
  });
  return { t: frames.length, h, w, data };
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
