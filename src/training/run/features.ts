/**
 * Features of videos, computed once by a frozen tokenizer and kept in the run's folder: the transformer sees them hundreds
 * of times. Kept in single precision, so that a resumed run reads what the first one computed.
 */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hostTensor, rowMajor, sizeOf } from '../../array/host.ts';
import type { HostTensor } from '../../array/host.ts';
import type { Backend } from '../../backend/backend.ts';
import { ArgumentError } from '../../errors.ts';
import { encodeVideo } from '../../tokenizer/encode.ts';
import type { Tokenizer } from '../../tokenizer/tokenizer.ts';
import type { CaptionedVideos } from '../data/videos.ts';
import { readWeights, writeWeights } from './checkpoint.ts';
import type { Values } from './state.ts';

/** Videos that are encoded together. */
const TOGETHER = 8;

export interface FeatureSet {
  readonly captions: readonly string[];
  /** All that each may be called; its caption alone unless given. */
  readonly forms?: readonly (readonly string[])[];
  /** (N, C, T, H, W) */
  readonly features: HostTensor;
}

export interface FeatureOptions {
  readonly backend: Backend;
  readonly tokenizer: Tokenizer;
  readonly data: CaptionedVideos;
  readonly videos: number;
  readonly frames: number;
  /** Where to keep them, and what tells this set from others. */
  readonly folder: string;
  readonly name: string;
  readonly onProgress?: (done: number, of: number) => void;
}

/** Reads the features of the data's first videos, or computes them. */
export async function videoFeatures(options: FeatureOptions): Promise<FeatureSet> {
  const { data, videos, folder, name } = options;
  const captions = Array.from({ length: videos }, (_, i) => data.caption(i));
  const forms = captions.map((caption, i) => data.captions?.(i) ?? [caption]);
  const path = join(folder, `features-${name}.safetensors`);
  if (existsSync(path)) {
    const features = (await readWeights(path)).get('features');
    if (features?.shape[0] !== videos) throw new ArgumentError(path, `features of ${videos} videos`, features?.shape);
    return { captions, forms, features };
  }
  const features = await encodeAll(options);
  await mkdir(folder, { recursive: true });
  await writeWeights(path, new Map([['features', features]]), 'F32');
  return { captions, forms, features };
}

async function encodeAll({ backend, tokenizer, data, videos, frames, onProgress }: FeatureOptions): Promise<HostTensor> {
  const parts: HostTensor[] = [];
  for (let first = 0; first < videos; first += TOGETHER) {
    const { video } = await data.batch(first, Math.min(TOGETHER, videos - first), frames); // (B, 3, T, H, W)
    parts.push(await backend.scope('features', async (b) => b.read(await encodeVideo(b, tokenizer, video))));
    onProgress?.(Math.min(first + TOGETHER, videos), videos);
  }
  return joinRows(parts);
}

/** Features of some videos by number, and of those the first frames: (N, C, T, h, w) → (rows, C, t, h, w). */
export function pickFeatures(x: HostTensor, rows: readonly number[], frames: number): HostTensor {
  const [, channels, all, h, w] = x.shape;
  const values = rowMajor(x);
  const result = new Float32Array(rows.length * channels * frames * h * w);
  rows.forEach((row, i) => {
    for (let c = 0; c < channels; c++) {
      const from = (row * channels + c) * all * h * w;
      result.set(values.subarray(from, from + frames * h * w), (i * channels + c) * frames * h * w);
    }
  });
  return hostTensor(result, [rows.length, channels, frames, h, w]);
}

/** (nᵢ, …) → (Σnᵢ, …) */
function joinRows(parts: readonly HostTensor[]): HostTensor {
  const shape = [parts.reduce((sum, part) => sum + part.shape[0], 0), ...parts[0].shape.slice(1)];
  const values = new Float32Array(sizeOf(shape));
  let at = 0;
  for (const part of parts) {
    values.set(rowMajor(part), at);
    at += sizeOf(part.shape);
  }
  return hostTensor(values, shape);
}

/** A short name for weights, which changes when they do. */
export function fingerprint(values: Values): string {
  const hash = createHash('sha256');
  for (const [key, value] of values) hash.update(key).update(new Uint8Array(rowMajor(value).slice().buffer));
  return hash.digest('hex').slice(0, 16);
}
