/**
 * What a request costs in multiplications and additions, from shapes alone, and how long that takes at a measured rate.
 *
 *   a step      2 rows · tokens · (2·weights of all blocks + 4·keys·width·blocks)        prompt and null text
 *   decoding    Σ over the decoder's convolutions of 2·weights·(frames·rows·columns that it computes)
 *
 * Convolutions that condition a norm run at the size of the latent (spec V6); all others at that of their level. Of a
 * picture, their taps in time are summed first (tokenizer/causal-conv.ts).
 */

import { hostZeros, sizeOf } from '../array/host.ts';
import type { Backend } from '../backend/backend.ts';
import type { TokenizerConfig } from '../model/config.ts';
import type { ModelConfig } from '../model/directory.ts';
import { clipContexts } from '../pyramid/clips.ts';
import { expandSteps } from '../pyramid/repetition.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import { levelsOf, PATCH } from '../tokenizer/levels.ts';
import { tokenizerShapes } from '../tokenizer/shapes.ts';
import { transformerShapes } from '../transformer/shapes.ts';

export interface Work {
  /** Floating-point operations. */
  readonly sampling: number;
  readonly decoding: number;
}

const ROWS = 2;

export function estimateWork(config: ModelConfig, schedule: Schedule, promptTokens: number): Work {
  const { transformer: t } = config;
  const shapes = [...transformerShapes(t, config.quantizer)].filter(([key]) => /^block(s|_chunks)\./.test(key));
  const weights = shapes.reduce((sum, [, shape]) => sum + sizeOf(shape), 0);
  const contexts = clipContexts(schedule, config.context);
  const tokens = schedule.scales.map(sizeOf);
  const segment = (count: number, keys: number): number => ROWS * count * (2 * weights + 4 * keys * t.embed_dim * t.depth);
  const sampling = expandSteps(schedule, config.sampling).reduce((sum, { si }) => {
    const seen = contexts[si].references.reduce((keys, reference) => keys + tokens[reference], tokens[si] + promptTokens);
    return sum + segment(tokens[si], seen);
  }, segment(promptTokens, promptTokens));
  const [, h, w] = schedule.scales.at(-1)!;
  return { sampling, decoding: decodingWork(config.tokenizer, contexts.at(-1)!.end, h, w) };
}

function decodingWork(config: TokenizerConfig, latents: number, h: number, w: number): number {
  let place = { frames: latents, rows: h * PATCH, columns: w * PATCH };
  const positions = (): number => place.frames * place.rows * place.columns;
  const latent = positions();
  const shapes = [...tokenizerShapes(config)].filter(([key]) => key.startsWith('decoder.') && key.endsWith('.weight'));
  const below = (prefix: string): number => {
    return shapes.filter(([key]) => key.startsWith(`decoder.${prefix}`)).reduce((sum, [key, shape]) => {
      const taps = place.frames === 1 ? (shape[2] ?? 1) : 1; // in time, summed
      return sum + ((2 * sizeOf(shape)) / taps) * (/conv_[yb]\./.test(key) ? latent : positions());
    }, 0);
  };
  let work = below('conv_in.') + below('mid_block.');
  for (const [i, level] of levelsOf(config).reverse().entries()) {
    work += below(`up_blocks.${i}.`);
    if (!level.resamples) continue;
    const frames = 1 + (place.frames - 1) * level.timeFactor;
    place = { frames, rows: 2 * place.rows, columns: 2 * place.columns };
  }
  return work + below('norm_out.') + below('conv_out.');
}

/** Floating-point operations a second of a linear layer of 64 tokens and 512 channels: the better of five runs. */
export async function measureRate(b: Backend): Promise<number> {
  const [rows, width] = [64, 512];
  const best = await b.scope('rate', async (b) => {
    const x = b.upload(hostZeros([rows, width])); // (L, C)
    const weight = b.upload(hostZeros([width, width])); // (C, C)
    let seconds = Infinity;
    for (let run = 0; run < 5; run++) {
      const started = performance.now();
      await b.read(b.matmul(x, weight, { transposeB: true })); // (L, C)
      seconds = Math.min(seconds, (performance.now() - started) / 1000);
    }
    return seconds;
  });
  return (2 * rows * width * width) / best;
}
