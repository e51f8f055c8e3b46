/**
 * Codes to tokens: one linear layer on the channels of every latent cell, the same tokens for every row of
 * the batch (prompt and null prompt). Token order is (t, h, w), w fastest.
 * Source: models/infinity.py:Infinity.embeds_codes2input. Spec T2. A zero code is the start token (S2); the
 * checkpoint's `sos_token` is never used.
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import { linear } from './linear.ts';
import type { Transformer } from './transformer.ts';

/** codes (1, d, t, h, w) → tokens (rows, t·h·w, C). */
export async function embedCodes(b: Backend, model: Transformer, codes: Tensor, rows: number): Promise<Tensor> {
  return b.scope('embed', async (b) => {
    const [, channels, t, h, w] = codes.shape as [number, number, number, number, number];
    const flat = b.reshape(codes, [1, channels, t * h * w]); // (1, d, L)
    const cells = b.permute(flat, [0, 2, 1]); // (1, L, d)
    const tokens = linear(b, cells, await model.weights.load(b, 'word_embed')); // (1, L, C)
    return rows === 1 ? tokens : b.expand(tokens, [rows, ...tokens.shape.slice(1)]); // (rows, L, C)
  });
}
