/** Softmax over the last axis, y = softmax(x): x̄ = y · (g − Σ g·y). */

import type { Tensor } from '../../backend/backend.ts';
import type { Pullback } from './pullback.ts';

export function softmaxRule(y: Tensor): Pullback[] {
  return [
    {
      keeps: [y],
      pull(b, g) {
        const product = b.mul(g, y); // (…, N)
        const inner = b.sum(product, [y.shape.length - 1]); // (…, 1)
        return b.sub(product, b.mul(y, inner)); // (…, N)
      },
    },
  ];
}
