/** The 17-frame video of the model that ships, by which backends are compared. */

import { createHash } from 'node:crypto';
import { loadModel } from '../../src/model/load.ts';
import type { Model } from '../../src/model/load.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';
import type { Backend } from '../../src/backend/backend.ts';

export interface DefaultVideo {
  /** A hash of all sampled bits. */
  readonly bits: string;
  readonly frames: Uint8Array;
}

export function loadDefaultModel(b: Backend): Promise<Model> {
  return loadModel('fixtures/models/toy', b);
}

/** @param onStep called after every step of sampling. */
export async function defaultVideo(model: Model, onStep?: () => void): Promise<DefaultVideo> {
  const hash = createHash('sha256');
  const { frames } = await generateVideo(model, {
    prompt: 'a red circle moving right on a white background', frames: 17, seed: 3,
    onStep(step) {
      hash.update(step.bits.data);
      onStep?.();
    },
  });
  return { bits: hash.digest('hex'), frames: Uint8Array.from(frames.data) };
}

/** The largest difference of the frames, of 255. */
export function farthest(a: DefaultVideo, b: DefaultVideo): number {
  return a.frames.reduce((most, value, i) => Math.max(most, Math.abs(value - b.frames[i])), 0);
}
