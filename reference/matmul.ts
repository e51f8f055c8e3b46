/**
 * Matrix product: y[m, n] = Σₖ a[m, k] · b[k, n] + bias[n], for every leading index.
 *
 * @throws ShapeError
 */

import { sizeOf } from '../src/array/host.ts';
import { matmulShape } from '../src/backend/shapes.ts';
import { accumulate } from './accumulate.ts';
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
  const left = options.transposeA === true ? transposed(a) : a; // (…, M, K)
  const right = options.transposeB === true ? transposed(b) : b; // (…, K, N) or (K, N)
  const [m, k, n] = [left.shape.at(-2)!, left.shape.at(-1)!, right.shape.at(-1)!];
  const matrices = sizeOf(y.shape.slice(0, -2));
  const stepRight = right.shape.length > 2 ? k * n : 0;

  const sums = new Float64Array(n);
  const rowsOfRight = new Int32Array(k);
  for (let matrix = 0; matrix < matrices; matrix++) {
    for (let i = 0; i < k; i++) rowsOfRight[i] = matrix * stepRight + i * n;
    for (let row = matrix * m; row < (matrix + 1) * m; row++) {
      if (options.bias === undefined) sums.fill(0);
      else sums.set(options.bias.values);
      accumulate(sums, n, left.values.subarray(row * k, (row + 1) * k), right.values, rowsOfRight);
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
