/**
 * Text features to the prefix tokens of the sequence, for the prompt and for what guidance contrasts it with.
 *
 *   simple_text_proj = 1:  y = W x + c
 *   simple_text_proj = 0:  y = W₂ gelu(W₀ RMSNorm(x) + c₀) + c₂
 *
 * Row 0 is the prompt, L tokens. Row 1, if there is guidance, is the learned null text, the first L rows of
 * `cfg_uncond`, or a negative prompt. A shorter negative prompt is filled up with zeros *after* the projection,
 * and these tokens are seen like all others: attention has no mask. A longer one is refused, as the official
 * code does.
 *
 * Source: models/infinity.py:Infinity.prepare_text_conditions. Spec T1, S1.
 */

import { hostZeros } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import { ShapeError } from '../errors.ts';
import { linear } from './linear.ts';
import { RMS_EPSILON } from './self-attention.ts';
import type { Transformer } from './transformer.ts';

/** x (L, text_channels) → (L, C). */
export async function projectText(b: Backend, model: Transformer, x: Tensor): Promise<Tensor> {
  return b.scope('project', async (b) => {
    const projection = await model.weights.load(b, 'text_proj');
    if (model.config.simple_text_proj === 1) return linear(b, x, projection); // (L, C)
    const norm = await model.weights.load(b, 'text_norm');
    const normed = b.rmsNorm(x, norm.get('weight'), RMS_EPSILON); // (L, text_channels)
    const hidden = b.map('gelu', linear(b, normed, projection.at('0'))); // (L, C)
    return linear(b, hidden, projection.at('2')); // (L, C)
  });
}

/**
 * Prefix tokens: (1, L, C) for the prompt alone.
 * @param text (L, text_channels), features of the prompt's tokens.
 */
export async function promptPrefix(b: Backend, model: Transformer, text: Tensor): Promise<Tensor> {
  const prompt = await projectText(b, model, text); // (L, C)
  return b.reshape(prompt, [1, ...prompt.shape]); // (1, L, C)
}

/**
 * Prefix tokens (2, L, C) for guidance: the prompt, and the negative prompt or else the null text.
 * @param text (L, text_channels)
 * @param negative (≤ L, text_channels)
 * @throws ShapeError if the negative prompt is longer than the prompt, or the prompt than the null text.
 */
export async function guidedPrefix(b: Backend, model: Transformer, text: Tensor, negative?: Tensor): Promise<Tensor> {
  return b.scope('prefix', async (b) => {
    const length = text.shape[0];
    const prompt = await projectText(b, model, text); // (L, C)
    const other = await projectText(b, model, negative ?? (await nullText(b, model, length))); // (≤ L, C)
    const missing = length - other.shape[0];
    if (missing < 0) {
      throw new ShapeError('negative', `at most as many tokens as the prompt, ${length}`, other.shape[0]);
    }
    const padding = missing === 0 ? [] : [b.upload(hostZeros([missing, other.shape[1]]))];
    const rows = b.concat([prompt, other, ...padding], 0); // (2·L, C)
    return b.reshape(rows, [2, length, prompt.shape[1]]); // (2, L, C)
  });
}

/** The first `length` rows of the learned null text: (length, text_channels). */
async function nullText(b: Backend, model: Transformer, length: number): Promise<Tensor> {
  const learned = await model.weights.tensor(b, 'cfg_uncond'); // (512, text_channels)
  if (length > learned.shape[0]) throw new ShapeError('text', `at most ${learned.shape[0]} tokens`, length);
  return b.slice(learned, 0, 0, length); // (length, text_channels)
}
