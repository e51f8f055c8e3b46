/**
 * Spec L4: caption dropping. With a small probability a text is replaced by the learned null text, so that one network knows
 * the distribution with and without prompt, which guidance contrasts (S4):
 *
 *     text′ = text where uniform ≥ rate,   the first L rows of cfg_uncond elsewhere
 *
 * Paper §4.1. Official: models/infinity.py:Infinity.forward (cond_drop_rate).
 */

import { hostTensor } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import { ShapeError } from '../errors.ts';

/**
 * @param text (B, L, text_channels)
 * @param nullText (≥ L, text_channels)
 * @param dropped one flag per row of the batch.
 * @returns (B, L, text_channels)
 */
export function dropCaptions(b: Backend, text: Tensor, nullText: Tensor, dropped: readonly boolean[]): Tensor {
  const [batch, length, channels] = text.shape;
  if (dropped.length !== batch) throw new ShapeError('dropped', `${batch} flags`, dropped.length);
  if (!dropped.includes(true)) return text;
  const kept = b.upload(hostTensor(Float32Array.from(dropped, (drop) => (drop ? 0 : 1)), [batch, 1, 1])); // (B, 1, 1)
  const learned = b.reshape(b.slice(nullText, 0, 0, length), [1, length, channels]); // (1, L, text_channels)
  return b.add(b.mul(text, kept), b.mul(learned, b.affine(kept, -1, 1))); // (B, L, text_channels)
}
