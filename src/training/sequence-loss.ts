/**
 * The transformer over a packed sequence, as it is trained: all scales of all samples at once, each seeing the true
 * codes of those before it (teacher forcing; with errors, L1), under the mask of T7.
 *
 *     x = [embed(inputs), project(text 0), project(text 1), …, 0 … 0],   hidden = blocks(x),   loss = bits of the scales
 *
 * Official: models/infinity.py:Infinity.forward. Spec T1–T4, T6, T7.
 */

import { hostZeros, sizeOf } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import { linear } from '../transformer/linear.ts';
import { projectText } from '../transformer/text-prefix.ts';
import { runBlocks } from '../transformer/transformer.ts';
import type { Transformer } from '../transformer/transformer.ts';
import { bitLoss } from './bit-loss.ts';
import type { TokenLosses } from './bit-loss.ts';
import type { PackedSequence } from './pack.ts';

/** @param texts one per sample, (B, its length, text_channels). */
export async function sequenceLoss(
  b: Backend,
  model: Transformer,
  sequence: PackedSequence,
  texts: readonly Tensor[],
): Promise<TokenLosses> {
  const tokens = await b.scope('tokens', async (inner) => sequenceTokens(inner, model, sequence, texts)); // (B, L, C)
  const [rope, mask] = [b.upload(sequence.rope), b.upload(sequence.mask)]; // (2, L, D/2), (L, L)
  const { hidden } = await runBlocks(b, model, { tokens, rope, mask, keep: false }); // (B, L, C)
  const count = sequence.scales.reduce((sum, { scale }) => sum + sizeOf(scale), 0); // without conditions
  return bitLoss(b, model, b.slice(hidden, 1, 0, count), sequence.scales); // (B, count, C)
}

async function sequenceTokens(
  b: Backend,
  model: Transformer,
  { inputs, lengths }: PackedSequence,
  texts: readonly Tensor[],
): Promise<Tensor> {
  const embedding = await model.weights.load(b, 'word_embed');
  const visual = linear(b, b.upload(inputs), embedding); // (B, V, C)
  const [batch, count, width] = visual.shape;
  const text = texts.length === 1 ? texts[0] : b.concat(texts, 1); // (B, T, text_channels)
  const [, textTokens, channels] = text.shape;
  const projected = await projectText(b, model, b.reshape(text, [batch * textTokens, channels])); // (B·T, C)
  const parts = [visual, b.reshape(projected, [batch, textTokens, width])]; // (B, V, C), (B, T, C)
  const padding = lengths.reduce((sum, n) => sum + n, 0) - count - textTokens;
  if (padding > 0) parts.push(b.upload(hostZeros([batch, padding, width]))); // (B, P, C)
  return b.concat(parts, 1); // (B, L, C)
}
