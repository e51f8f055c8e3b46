/**
 * What a request needs in memory, from the shapes of the largest tensors that live at the same time; float32.
 *
 *   weights       all of the tokenizer's and the transformer's
 *   keys, values  text and one full-size scale of each clip's predecessor, two rows (prompt and null)
 *   step          the largest scale's activations: one block holds about 8 widths and 3 MLP widths a token,
 *                 and scores of one block of query rows
 *   decoding      the decoder's widest level on one chunk of frames: about four tensors of it
 *   frames        the result
 */

import { sizeOf } from '../array/host.ts';
import type { ModelConfig } from '../model/directory.ts';
import { FRAMES_PER_LATENT } from '../pyramid/schedule.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import { tokenizerShapes } from '../tokenizer/shapes.ts';
import { mlpWidth, transformerShapes } from '../transformer/shapes.ts';
import { pixelSize } from './plan.ts';

export interface MemoryPart {
  readonly part: string;
  readonly bytes: number;
}

const FLOAT = 4;
const ROWS = 2;

export function estimateMemory(config: ModelConfig, schedule: Schedule): MemoryPart[] {
  const { transformer: t, tokenizer: v } = config;
  const weights = [...tokenizerShapes(v).values(), ...transformerShapes(t, config.quantizer).values()];
  const tokens = schedule.scales.map(([frames, h, w]) => frames * h * w);
  const most = Math.max(...tokens);
  const keys = (t.embed_dim / t.num_heads) * t.num_key_value_heads * 2;
  const cached = most + t.text_maxlen;
  const [height, width] = pixelSize(schedule);
  const chunkFrames = 3 * FRAMES_PER_LATENT;
  const latents = schedule.scales.reduce((sum, [frames], si) => sum + (si % schedule.scalesPerClip === 0 ? frames : 0), 0);
  const frames = FRAMES_PER_LATENT * (latents - 1) + 1;
  const parts = [
    { part: 'weights', bytes: FLOAT * weights.reduce((sum, shape) => sum + sizeOf(shape), 0) },
    { part: 'keys and values', bytes: FLOAT * ROWS * t.depth * keys * cached },
    { part: 'the largest step', bytes: FLOAT * ROWS * most * (8 * t.embed_dim + 3 * mlpWidth(t)) },
    { part: 'decoding one chunk of frames', bytes: FLOAT * 4 * v.block_out_channels[0] * chunkFrames * height * width },
    { part: 'the frames', bytes: frames * height * width * 3 },
  ];
  return [...parts, { part: 'in all', bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0) }];
}
