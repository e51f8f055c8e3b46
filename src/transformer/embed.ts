/**
 * Codes to tokens: one linear layer on the channels of every latent cell, the same tokens for every row of
 * a sample (prompt and null prompt). Token order is (t, h, w), w fastest.
 * Source: models/infinity.py:Infinity.embeds_codes2input. Spec T2. A zero code is the start token (S2); the
 * checkpoint's `sos_token` is never used.
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import { linear } from './linear.ts';
import type { Transformer } from './transformer.ts';

/** codes (N, d, t, h, w) → tokens (N·rows, t·h·w, C), the rows of each sample side by side. */
export async function embedCodes(b: Backend, model: Transformer, codes: Tensor, rows: number): Promise<Tensor> {
  return b.scope('embed', async (b) => {
    const [samples, channels, t, h, w] = codes.shape as [number, number, number, number, number];
    const flat = b.reshape(codes, [samples, channels, t * h * w]); // (N, d, L)
    const cells = b.permute(flat, [0, 2, 1]); // (N, L, d)
    const tokens = linear(b, cells, await model.weights.load(b, 'word_embed')); // (N, L, C)
    const [, length, width] = tokens.shape as [number, number, number];
    if (rows === 1) return tokens;
    if (samples === 1) return b.expand(tokens, [rows, length, width]); // (rows, L, C)
    const each = b.expand(b.reshape(tokens, [samples, 1, length, width]), [samples, rows, length, width]); // (N, rows, L, C)
    return b.reshape(each, [samples * rows, length, width]); // (N·rows, L, C)
  });
}
