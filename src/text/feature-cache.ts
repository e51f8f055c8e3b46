/**
 * An on-disk cache of prompt features, so that a large text encoder need not be loaded for a prompt seen before.
 *
 * An entry's file is named by the SHA-256 of the encoder's hash and the prompt (its form: io/sealed-npy.ts). One that is damaged
 * is written anew; entries are written beside their place and renamed into it, so that a reader never sees half of one.
 */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { HostTensor } from '../array/host.ts';
import { FileError } from '../errors.ts';
import { writeFileAtomic } from '../io/atomic.ts';
import { readSealed, sealedNpy } from '../io/sealed-npy.ts';

export class FeatureCache {
  /**
   * @param directory made when the first entry is written.
   * @param encoderHash of everything that features depend on besides the prompt, see {@link hashFiles}.
   */
  constructor(
    private readonly directory: string,
    private readonly encoderHash: string,
  ) {}

  /**
   * The features (L, d_model) of a prompt, from the cache or else computed and put there.
   * @throws FileError if the entry cannot be written, and whatever `compute` throws.
   */
  async features(prompt: string, compute: () => Promise<HostTensor>): Promise<HostTensor> {
    const file = this.fileOf(prompt);
    const found = await readSealed(file, 2);
    if (found !== undefined) return found;
    const features = await compute();
    await writeEntry(this.directory, file, features);
    return features;
  }

  private fileOf(prompt: string): string {
    const key = createHash('sha256').update(JSON.stringify([this.encoderHash, prompt])).digest('hex');
    return join(this.directory, `${key}.features`);
  }
}

/**
 * SHA-256 over the names and contents of files, in the given order: an encoder's weights, configuration, tokenizer.
 * @throws FileError if one cannot be read.
 */
export async function hashFiles(files: readonly string[]): Promise<string> {
  const whole = createHash('sha256');
  for (const file of files) {
    const contents = createHash('sha256');
    try {
      for await (const part of createReadStream(file)) contents.update(part as Uint8Array);
    } catch (error) {
      throw new FileError(file, 'cannot be read', { cause: error });
    }
    whole.update(JSON.stringify([basename(file), contents.digest('hex')]));
  }
  return whole.digest('hex');
}

async function writeEntry(directory: string, file: string, features: HostTensor): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    await writeFileAtomic(file, sealedNpy(features));
  } catch (error) {
    throw new FileError(file, 'the cache entry cannot be written', { cause: error });
  }
}
