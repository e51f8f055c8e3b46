/** Pictures for a run's page: videos beside what a tokenizer makes of them, and videos that a transformer makes. */

import type { HostTensor } from '../../array/host.ts';
import { contactSheet, framesEvenly } from '../../io/contact-sheet.ts';
import { toBytes } from '../../sampler/frames.ts';
import { residentWeights } from '../../backend/weights.ts';
import type { Model } from '../../model/load.ts';
import { generateVideo } from '../../pipeline/generate.ts';
import { makeTransformer } from '../../transformer/transformer.ts';
import type { RunSample } from './page.ts';
import type { Values } from './state.ts';

/** Frames of each video that are shown. */
const SHOWN = 6;

/** Both (B, 3, T, H, W) in [−1, 1]; one sample each: a row of frames as given, below it a row as made. */
export function beforeAndAfter(given: HostTensor, made: HostTensor): RunSample[] {
  const both = [given, made].map((video) => toBytes(video, { smooth: false })); // (B, T, H, W, 3)
  return Array.from({ length: given.shape[0] }, (_, i) => {
    const rows = both.map((videos) => framesEvenly(videos.pick(i, null, null, null, null), SHOWN));
    return { caption: `held-out video ${i + 1}: above as given, below through the tokenizer`, picture: contactSheet(rows.flat(), rows[0].length) };
  });
}

/** A row of frames for each prompt, of so many frames, made by the model with these weights of its transformer. */
export async function generatedSamples(
  model: Model, weights: Values, prompts: readonly string[], frames: number,
): Promise<RunSample[]> {
  const { transformer, quantizer } = model.config;
  return model.backend.scope('samples', async (backend) => {
    const trained = makeTransformer(transformer, quantizer, residentWeights(backend, weights));
    const samples: RunSample[] = [];
    for (const [seed, prompt] of prompts.entries()) {
      const video = await generateVideo({ ...model, backend, transformer: trained }, { prompt, frames, seed });
      samples.push({ caption: prompt, picture: contactSheet(framesEvenly(video.frames, SHOWN), SHOWN) });
    }
    return samples;
  });
}
