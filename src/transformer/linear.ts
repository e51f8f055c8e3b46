/**
 * Linear layer: y = x Wᵀ + c, the bias where there is one.
 * Source: torch.nn.Linear; weight (out, in), bias (out).
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import type { Weights } from '../backend/weights.ts';

/** x (…, in) → (…, out) with `w` holding `weight` and perhaps `bias`. */
export function linear(b: Backend, x: Tensor, w: Weights): Tensor {
  const weight = w.get('weight'); // (out, in)
  if (!w.has('bias')) return b.matmul(x, weight, { transposeB: true }); // (…, out)
  return b.matmul(x, weight, { transposeB: true, bias: w.get('bias') }); // (…, out)
}
