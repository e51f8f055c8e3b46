/**
 * The largest arrays of a request, in numbers, for backends that bound a single array:
 *
 *   sampling    hidden values of the MLP, rows · tokens · hidden; or keys, those of all scales that a step sees
 *   decoding    of the first chunk, its largest: the input of a convolution with the two frames before it, C·(T + 2)·h·w
 *               (of a single frame without them, whose taps in time are summed), or what a level makes of it before its first
 *               frames are merged, C′·f·T·2h·2w, f the level's factor in time
 *
 * Attention is taken to be in one piece: in several it has tables of at most MAX_SCORES numbers.
 */

import { MemoryError } from '../errors.ts';
import type { TokenizerConfig } from '../model/config.ts';
import type { ModelConfig } from '../model/directory.ts';
import { clipContexts } from '../pyramid/clips.ts';
import { latentFrames } from '../pyramid/schedule.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import { rowsOf } from '../sampler/prefill.ts';
import { decodeChunks } from '../tokenizer/chunks.ts';
import { levelsOf } from '../tokenizer/levels.ts';
import { mlpWidth } from '../transformer/shapes.ts';
import { PROMPT_TOKENS } from './memory.ts';
import { pixelSize } from './plan.ts';
import type { SamplingSettings } from './sampling.ts';

export interface LargestArrays {
  /** Bytes. */
  readonly sampling: number;
  readonly decoding: number;
}

const FLOAT = 4;

/** @param guided whether there are two rows. */
export function largestArrays(
  config: ModelConfig, schedule: Schedule, guided: boolean, promptTokens = PROMPT_TOKENS,
): LargestArrays {
  const { transformer: t, context } = config;
  const rows = guided ? 2 : 1;
  const keyWidth = (t.embed_dim / t.num_heads) * t.num_key_value_heads;
  const tokens = schedule.scales.map(([frames, h, w]) => frames * h * w);
  const steps = clipContexts(schedule, context).map(({ references }, si) => {
    const keys = references.reduce((sum, reference) => sum + tokens[reference], promptTokens + tokens[si]);
    return rows * Math.max(tokens[si] * mlpWidth(t), keys * keyWidth);
  });
  return { sampling: FLOAT * Math.max(...steps), decoding: FLOAT * decoding(config.tokenizer, schedule) };
}

function decoding(config: TokenizerConfig, schedule: Schedule): number {
  const [height, width] = pixelSize(schedule);
  const levels = levelsOf(config).reverse();
  let area = (height * width) / 4 ** levels.filter(({ resamples }) => resamples).length;
  let frames = decodeChunks(latentFrames(schedule))[0].end;
  let most = 0;
  const input = (channels: number): number => channels * (frames === 1 ? 1 : frames + 2) * area;
  for (const { inner, outer, resamples, timeFactor } of levels) {
    most = Math.max(most, input(inner));
    if (!resamples) continue;
    area *= 4;
    most = Math.max(most, outer * timeFactor * frames * area);
    frames = timeFactor * (frames - 1) + 1;
  }
  return Math.max(most, input(levels.at(-1)!.outer));
}

/**
 * Before anything is computed. What sampling needs with pruning, which leaves out cells of large scales, is not foretold.
 * @param most bytes of one array on the backend.
 * @throws MemoryError if an array of the request is larger.
 */
export function checkArrays(
  config: ModelConfig, schedule: Schedule, { cfg, pruning }: Pick<SamplingSettings, 'cfg' | 'pruning'>, most = Infinity,
): void {
  const { sampling, decoding } = largestArrays(config, schedule, rowsOf({ cfg, schedule }) === 2);
  for (const [stage, bytes] of Object.entries({ ...(pruning === undefined && { sampling }), decoding })) {
    if (bytes <= most) continue;
    throw new MemoryError(`${stage} needs an array of ${mib(bytes)}, and one has at most ${mib(most)} on this backend`);
  }
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
