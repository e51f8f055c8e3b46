/**
 * Codes of samples that were sampled together and are not written yet, one file each: if the run is killed while it decodes them,
 * the next one decodes what it finds and samples nothing again. A file is named by the SHA-256 of all that its codes depend on.
 */

import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, makeFolder } from '../io/files.ts';
import { readSealed, sealedNpy } from '../io/sealed-npy.ts';
import type { CodePlace } from '../pipeline/together.ts';

export class KeptCodes {
  /** @param folder made when it is needed. @param common all that codes depend on beside what is their own. */
  constructor(
    private readonly folder: string,
    private readonly common: unknown,
  ) {}

  /** Where the codes of a sample are, by its text and seed. */
  placeOf(text: string, seed: number): CodePlace {
    const file = this.fileOf(text, seed);
    return {
      find: () => readSealed(file, 5),
      keep: async (codes) => {
        try {
          await makeFolder(this.folder);
          await writeFile(file, sealedNpy(codes));
        } catch (error) {
          throw fileError(file, error);
        }
      },
    };
  }

  /** The sample has been written. */
  async forget(text: string, seed: number): Promise<void> {
    await rm(this.fileOf(text, seed), { force: true });
  }

  /** All have. */
  async forgetAll(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private fileOf(text: string, seed: number): string {
    const key = createHash('sha256').update(JSON.stringify([this.common, text, seed])).digest('hex');
    return join(this.folder, `${key}.codes`);
  }
}
