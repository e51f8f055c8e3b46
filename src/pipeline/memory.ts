/**
 * What a request needs in memory at most, from the shapes of the tensors that live at the same time; float32 but for weights.
 *
 *   weights     the tokenizer's and the transformer's, as they are stored: those that stay on the backend, and of the others
 *               one layer; beside it those that are kept there, and what is read ahead (model/weight-levels.ts)
 *   sampling    keys and values: the prompt's, those of the scales that later ones refer to, and the step's own;
 *               a step: in the MLP 4 hidden widths a token, and some 6 of the model's (residuals, norms), or in the attention
 *               queries, keys, values, and two tables of scores
 *   decoding    after sampling, in its place: the last input frames of every causal convolution, old and new, and about
 *               seven tensors of the last level on the first chunk of frames, which is the largest, before its first frames
 *               are merged; five where what nobody wants is not written, and no new frames without a chunk that follows
 *   transformed weights of the decoder's convolutions, which stay on the backend (backend-memory.ts)
 *   spare       buffers that are free again, but of another size than is asked for: of a device with buffers about as many as are
 *               in use, those of sampling and decoding beside each other
 *   frames      the result, and one chunk of it before it becomes bytes
 */

import { MemoryError } from '../errors.ts';
import type { ModelConfig } from '../model/directory.ts';
import type { WeightBytes } from '../model/weight-levels.ts';
import { clipContexts } from '../pyramid/clips.ts';
import { framesOfLatents, latentFrames } from '../pyramid/schedule.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import { decodeChunks } from '../tokenizer/chunks.ts';
import { levelsOf, MID_LAYERS } from '../tokenizer/levels.ts';
import { MAX_SCORES } from '../transformer/attention.ts';
import { mlpWidth } from '../transformer/shapes.ts';
import { backendMemory } from './backend-memory.ts';
import { pixelSize } from './plan.ts';

export interface MemoryPart {
  readonly part: string;
  readonly bytes: number;
}

export interface MemoryEstimate {
  readonly parts: readonly MemoryPart[];
  /** Of tensors on the backend at most. */
  readonly backend: number;
  /** With the frames and what else lies beside it. */
  readonly total: number;
}

/** Tokens of a prompt of some length. */
export const PROMPT_TOKENS = 32;

const FLOAT = 4;

export function estimateMemory(
  config: ModelConfig, schedule: Schedule, weights: WeightBytes, promptTokens = PROMPT_TOKENS, backend = 'wasm',
): MemoryEstimate {
  const on = backendMemory(backend);
  const [height, width] = pixelSize(schedule);
  const latents = latentFrames(schedule);
  const chunks = decodeChunks(latents).map(({ start, end }) => end - start);
  const chunk = framesOfLatents(chunks[0]);
  const sampling = samplingBytes(config, schedule, promptTokens, on.scores);
  const decoding = decodingBytes(config, height, width, chunk, on.lazy, chunks.length > 1);
  const frames = height * width * 3 * (framesOfLatents(latents) + FLOAT * chunk);
  const transformed = on.transformed(config.tokenizer, height, width, chunks);
  const spare = Math.min(on.spare, sampling + decoding);
  const used = weights.backend + transformed + Math.max(sampling, decoding) + spare;
  const total = used + weights.host + frames;
  const parts = [
    { part: 'weights', bytes: weights.backend },
    { part: 'weights beside the backend', bytes: weights.host },
    { part: 'transformed weights', bytes: transformed },
    { part: 'sampling', bytes: sampling },
    { part: 'decoding (after sampling)', bytes: decoding },
    ...(spare > 0 ? [{ part: 'spare buffers', bytes: spare }] : []),
    { part: 'the frames', bytes: frames },
    { part: 'in all, at most', bytes: total },
  ];
  return { parts, backend: used, total };
}

/** Whether prompts are drawn with guidance, unless a request says otherwise. */
export function isGuided({ sampling }: ModelConfig): boolean {
  return [sampling.cfg].flat().some((scale) => scale !== 1);
}

/** Of one sample. @param tables whether attention has tables of scores. */
export function samplingBytes(
  config: ModelConfig, schedule: Schedule, prompt: number, tables = true,
): number {
  const { transformer: t, context } = config;
  const rows = isGuided(config) ? 2 : 1;
  const [width, hidden] = [t.embed_dim, mlpWidth(t)];
  const keyWidth = (width / t.num_heads) * t.num_key_value_heads;
  const contexts = clipContexts(schedule, context);
  const tokens = schedule.scales.map(([frames, h, w]) => frames * h * w);
  const wanted = new Set(contexts.flatMap(({ references }) => references));
  const steps = [{ own: prompt, past: 0, kept: prompt }, ...tokens.map((own, si) => {
    const past = contexts[si].references.reduce((sum, ref) => sum + tokens[ref], prompt);
    return { own, past, kept: past + (wanted.has(si) ? own : 0) };
  })];
  const numbers = steps.map(({ own, past, kept }) => {
    const mlp = own * (4 * hidden + 6 * width + 2 * keyWidth);
    const scores = !tables ? 0 : Math.min(rows * t.num_heads * own * (past + own), MAX_SCORES) / rows;
    const attention = own * (8 * width + 6 * keyWidth) + (past + own) * 4 * keyWidth + 2 * scores;
    return rows * (2 * t.depth * keyWidth * kept + Math.max(mlp, attention));
  });
  return FLOAT * Math.max(...numbers);
}

/** @param lazy whether elementwise results are written only if they are wanted. @param more whether chunks follow. */
function decodingBytes(
  { tokenizer: v }: ModelConfig, height: number, width: number, frames: number, lazy: boolean, more: boolean,
): number {
  const outer = v.block_out_channels[0];
  let pixels = height * width; // a frame of the level
  let kept = outer * pixels; // the last convolution's
  for (const { inner, resamples } of levelsOf(v)) {
    if (resamples) pixels /= 4;
    kept += pixels * inner * (2 * (v.layers_per_block + 1) + (resamples ? 1 : 0));
  }
  kept += pixels * (2 * MID_LAYERS * v.block_out_channels.at(-1)! + v.latent_channels);
  const [copies, tensors] = lazy ? [more ? 2 : 1, 5] : [2, 7];
  return FLOAT * (copies * kept + tensors * (frames + 1) * outer * height * width);
}

/** Runs `body`; if its memory does not suffice, says so of the request, and what would help. */
export async function naming<T>(request: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof MemoryError)) throw error;
    const remedy = 'ask for fewer frames or smaller ones, go without guidance (cfg 1), or keep fewer weights in memory';
    throw new MemoryError(`${request} take more memory than there is: ${remedy} (${error.message})`, { cause: error });
  }
}
