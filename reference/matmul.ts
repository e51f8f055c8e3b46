/**
 * Matrix product: y[m, n] = Σₖ a[m, k] · b[k, n] + bias[n], for every leading index.
 *
 * @throws ShapeError
 */

import { sizeOf } from '../src/array/host.ts';
import { matmulShape } from '../src/backend/shapes.ts';
import { accumulate, accumulateDots } from './accumulate.ts';
import type { Dense } from './dense.ts';
import { zeros } from './dense.ts';
import { permute } from './permute.ts';

export interface MatmulFlags {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** (N) */
  readonly bias?: Dense;
}

export function matmul(a: Dense, b: Dense, options: MatmulFlags = {}): Dense {
  const y = zeros(matmulShape(a, b, options)); // (…, M, N)
  const [m, n] = y.shape.slice(-2) as [number, number];
  const left = options.transposeA === true ? transposed(a) : a; // (…, M, K)
  const k = left.shape.at(-1)!;
  const matrices = sizeOf(y.shape.slice(0, -2));
  const stepRight = b.shape.length > 2 ? k * n : 0; // one matrix b serves all

  const sums = new Float64Array(n);
  const rowsOfRight = Int32Array.from({ length: k }, (_, i) => i * n);
  for (let matrix = 0; matrix < matrices; matrix++) {
    const right = b.values.subarray(matrix * stepRight); // (K, N), or (N, K) where it is stored transposed
    for (let row = matrix * m; row < (matrix + 1) * m; row++) {
      const factors = left.values.subarray(row * k, (row + 1) * k); // (K)
      if (options.bias === undefined) sums.fill(0);
      else sums.set(options.bias.values);
      if (options.transposeB === true) accumulateDots(sums, factors, right);
      else accumulate(sums, factors, right, rowsOfRight);
      y.values.set(sums, row * n);
    }
  }
  return y;
}

/** Swaps the last two axes. */
function transposed(x: Dense): Dense {
  const axes = x.shape.map((_, axis) => axis);
  return permute(x, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
}
