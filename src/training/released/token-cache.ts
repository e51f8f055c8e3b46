/**
 * Token caches: what the tokenizer made of every sample, in the layout and under the names of the official feature extraction,
 * so that what was extracted there trains here, and the other way round.
 *
 *     <cache>/pn_0.40M_sample_fps_16/<folders>/<md5 of the name>_sf_<begin>_ef_<end>.pt      videos
 *     <cache>/images_pn_0.40M/<folders>/<md5 of the name>.pt                                  pictures
 *
 * Each file is a torch.save of one float32 tensor (C, T, h, w). The name is the file's without its ending; folders are those of
 * the path from the fifth part on. Frames of clips under '/vdataset/clip' are counted from 0.
 *
 * Official: tools/save_dataset_features.py; dataset_joint_vi.py:get_video_cache_file, get_image_cache_file.
 */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { HostTensor } from '../../array/host.ts';
import { isTensor, openCheckpoint } from '../../checkpoint/checkpoint.ts';
import { readFloat } from '../../checkpoint/stored-tensor.ts';
import { torchTensorChunks } from '../../checkpoint/write-torch-zip.ts';
import { FileError } from '../../errors.ts';
import { writeFileAtomic } from '../../io/atomic.ts';
import type { Entry } from '../data/entries.ts';

export interface TokenCache {
  readonly folder: string;
  /** The pixel budget, or another name for the model's sizes. */
  readonly pn: string;
  /** Frames a second. */
  readonly fps: number;
}

/** Where a sample's features lie. */
export function cacheFile({ folder, pn, fps }: TokenCache, { path, clip }: Pick<Entry, 'path' | 'clip'>): string {
  const named = clip === undefined ? resolve(path) : path; // pictures go by their whole path
  const parts = named.split('/').filter((part) => part !== '');
  const name = createHash('md5').update(parts.at(-1)!.replace(/(?<=.)\.[^.]*$/, '')).digest('hex');
  const folders = parts.slice(4, -1).filter((part) => part !== '..' && part !== '.');
  if (clip === undefined) return join(folder, `images_pn_${pn}`, ...folders, `${name}.pt`);
  const [begin, end] = path.includes('/vdataset/clip') ? [0, clip.end - clip.begin] : [clip.begin, clip.end];
  return join(folder, `pn_${pn}_sample_fps_${fps}`, ...folders, `${name}_sf_${begin}_ef_${end}.pt`);
}

/**
 * The features of a sample, (C, T, h, w), T at least `latents`; undefined if there are none, or of fewer frames.
 * @throws FileError if the file is damaged, or holds anything else.
 */
export async function readCached(
  cache: TokenCache, entry: Entry, channels: number, latents: number,
): Promise<HostTensor | undefined> {
  const path = cacheFile(cache, entry);
  if (!existsSync(path)) return undefined;
  const checkpoint = await openCheckpoint(path);
  try {
    const { value } = checkpoint;
    if (!isTensor(value)) throw new FileError(path, 'holds no tensor, as a token cache does');
    const features = await readFloat(value, path);
    const [c, t] = features.shape;
    if (features.shape.length !== 4 || c !== channels) {
      throw new FileError(path, `holds a tensor of shape [${features.shape.join(', ')}], not [${channels}, T, h, w]`);
    }
    return t >= latents ? features : undefined;
  } finally {
    await checkpoint.close();
  }
}

/** @param features (C, T, h, w) */
export async function writeCached(cache: TokenCache, entry: Entry, features: HostTensor): Promise<void> {
  const path = cacheFile(cache, entry);
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomic(path, torchTensorChunks({ shape: features.shape, values: () => Promise.resolve(features) }));
}
