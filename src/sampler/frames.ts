/**
 * Codes to frames of bytes.
 *
 *   byte = ⌊255 · min(1, max(0, (x + 1)/2))⌋       truncated, not rounded, in single precision
 *
 * As released, frame 0 of a video is overwritten by frame 1 ("smooth"); a picture has no frame 1 and stays as it is
 * (the official code fails there). The official code also reverses the channels, for OpenCV; here that is an option.
 *
 * Source: models/infinity.py:Infinity.summed_codes2images. Spec S10.
 */

import type { NdArray } from 'ndarray';
import { hostTensor, rowMajor } from '../array/host.ts';
import type { HostTensor } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import { ShapeError } from '../errors.ts';
import { decodeInChunks } from '../tokenizer/decode.ts';
import { framesOf } from '../tokenizer/frames.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';

export interface FrameOptions {
  /** Overwrite frame 0 of a video by frame 1, as released; true unless given. */
  readonly smooth?: boolean;
  /** Order of the channels; 'rgb' unless given. */
  readonly channels?: 'rgb' | 'bgr';
  /** As the released pipeline does with a video decoded in bf16: (x + 1)/2 and 255·x are bf16 too. */
  readonly bf16?: boolean;
}

export interface DecodeOptions extends FrameOptions {
  /** First frame to yield; the ones before are decoded all the same. */
  readonly from?: number;
}

/** (B, T, H, W, 3) */
export type Frames = NdArray<Uint8Array>;

/**
 * Decodes codes (B, C, t, h, w) and yields the frames in chunks (B, Tᵢ, 16·h, 16·w, 3), 4t − 3 frames in all.
 * @throws ShapeError if the codes do not fit the tokenizer.
 */
export async function* decodeFrames(
  b: Backend,
  tokenizer: Tokenizer,
  codes: Tensor,
  { smooth = true, channels = 'rgb', bf16 = false, from = 0 }: DecodeOptions = {},
): AsyncGenerator<Frames> {
  let done = 0;
  for await (const video of decodeInChunks(b, tokenizer, codes)) {
    const count = video.shape[2];
    const start = Math.min(count, Math.max(0, from - done));
    const wanted = start === 0 ? video : framesOf(video, { start, end: count }); // (B, 3, ≤ T, H, W)
    if (start < count) yield toBytes(wanted, { smooth: smooth && done + start === 0, channels, bf16 });
    done += count;
  }
}

/**
 * All frames of each sample in one array: chunks (B, Tᵢ, H, W, 3) → (B, ΣTᵢ, H, W, 3).
 * @throws ShapeError if there are none.
 */
export async function collectFrames(chunks: AsyncIterable<Frames>): Promise<Frames> {
  const parts: Frames[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  if (parts.length === 0) throw new ShapeError('chunks', 'frames', undefined);
  const [batch, , ...picture] = parts[0].shape;
  const total = parts.reduce((sum, part) => sum + part.shape[1], 0);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.size, 0));
  let offset = 0;
  for (let n = 0; n < batch; n++) {
    for (const part of parts) {
      const own = part.size / batch;
      bytes.set(rowMajor(part).subarray(n * own, (n + 1) * own), offset);
      offset += own;
    }
  }
  return hostTensor(bytes, [batch, total, ...picture]);
}

/** Decoded video (B, 3, T, H, W), or its beginning, to bytes (B, T, H, W, 3). */
export function toBytes(video: HostTensor, { smooth = true, channels = 'rgb', bf16 = false }: FrameOptions = {}): Frames {
  const [batch, depth, frames, height, width] = video.shape as [number, number, number, number, number];
  const values = rowMajor(video);
  const pixels = height * width;
  const bytes = new Uint8Array(values.length);
  for (let n = 0; n < batch; n++) {
    for (let t = 0; t < frames; t++) {
      const source = smooth && t === 0 && frames > 1 ? 1 : t;
      for (let i = 0; i < depth; i++) {
        const channel = channels === 'rgb' ? i : depth - 1 - i;
        const from = ((n * depth + channel) * frames + source) * pixels;
        const to = (n * frames + t) * pixels * depth + i;
        for (let pixel = 0; pixel < pixels; pixel++) bytes[to + pixel * depth] = toByte(values[from + pixel], bf16);
      }
    }
  }
  return hostTensor(bytes, [batch, frames, height, width, depth]);
}

function toByte(x: number, bf16: boolean): number {
  const round = bf16 ? toBf16 : Math.fround;
  const half = round(x + 1) / 2;
  return Math.trunc(round(Math.min(1, Math.max(0, half)) * 255));
}

/** Veltkamp's splitting to 8 binary digits, as in backend/official-precision.ts. */
function toBf16(x: number): number {
  const single = Math.fround(x);
  const large = Math.fround(65537 * single);
  return Math.fround(large - Math.fround(large - single));
}
