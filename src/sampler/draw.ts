/**
 * One draw a bit:  p₀ = softmax(l₀, l₁)₀ = 1 / (1 + exp(l₁ − l₀)),   bit = 1 if u ≥ p₀, else 0.
 *
 * Source: InfinityStar §3.1 (bitwise prediction, after Infinity); models/infinity.py:ar_infer_infinity_elegant
 * (torch.multinomial over two labels). Spec S5. The order of the uniforms is that of the bits: token in (t, h, w)
 * order, bit fastest.
 */

import { ShapeError } from '../errors.ts';

/** Probability of label 0. */
export function probabilityOfZero(logit0: number, logit1: number): number {
  return 1 / (1 + Math.exp(logit1 - logit0));
}

/**
 * @param logits two for every bit: label 0, label 1.
 * @param uniforms one for every bit, in [0, 1).
 * @throws ShapeError if there are not half as many uniforms as logits.
 */
export function drawBits(logits: Float64Array, uniforms: ArrayLike<number>): Uint8Array {
  const count = logits.length / 2;
  if (uniforms.length !== count) throw new ShapeError('uniforms', `${count} uniforms, one a bit`, uniforms.length);
  const bits = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    bits[i] = uniforms[i] >= probabilityOfZero(logits[2 * i], logits[2 * i + 1]) ? 1 : 0;
  }
  return bits;
}
