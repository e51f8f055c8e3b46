/**
 * Matrix product y = A·B + c, where A and B are a and b or their transposes:
 *
 *     Ā = g · Bᵀ,   B̄ = Aᵀ · g  (summed over the leading axes if b is one matrix for all),   c̄ = Σ rows of g
 *
 * None of the transposes is carried out: the product reads its arguments either way.
 */

import { sizeOf } from '../../array/host.ts';
import type { Backend, Tensor } from '../../backend/backend.ts';
import type { MatmulShapes } from '../../backend/shapes.ts';
import type { Pullback } from './pullback.ts';

/** For a, b and the bias. */
export function matmulRule(a: Tensor, b: Tensor, { transposeA = false, transposeB = false }: MatmulShapes): Pullback[] {
  const oneMatrix = b.shape.length === 2 && a.shape.length > 2;
  return [
    {
      keeps: [b],
      pull(s, g) {
        const gradient = s.matmul(g, b, { transposeB: !transposeB }); // of A: (…, M, K)
        return transposeA ? swapLast(s, gradient) : gradient;
      },
    },
    {
      keeps: [a],
      pull(s, g) {
        if (!oneMatrix) {
          return transposeB
            ? s.matmul(g, a, { transposeA: true, transposeB: transposeA }) // (…, N, K)
            : s.matmul(a, g, { transposeA: !transposeA }); // (…, K, N)
        }
        const rowsA = rows(s, transposeA ? swapLast(s, a) : a); // (…·M, K)
        const rowsG = rows(s, g); // (…·M, N)
        return transposeB
          ? s.matmul(rowsG, rowsA, { transposeA: true }) // (N, K)
          : s.matmul(rowsA, rowsG, { transposeA: true }); // (K, N)
      },
    },
    {
      keeps: [],
      pull: (s, g) => s.reshape(s.sum(rows(s, g), [0]), g.shape.slice(-1)), // (N)
    },
  ];
}

/** (…, M, N) → (…·M, N) */
function rows(b: Backend, x: Tensor): Tensor {
  return b.reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!]);
}

/** (…, M, N) → (…, N, M) */
function swapLast(b: Backend, x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  return b.permute(x, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
}
