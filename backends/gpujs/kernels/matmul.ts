/**
 * Matrix product: y[m, n] = bias[n] + Σₖ a[m, k] · b[k, n], for every leading index; transposes are strides.
 * Terms are summed 16 at a time and then the sums, which in single precision loses less.
 */

import type { This } from './kernel.ts';
import { kernel } from './kernel.ts';

/** Strides: am, ak of a; bk, bn of b; am0 and bm0 between matrices; biasStep 0 reads one 0 for all. */
function product(
  this: This, a: number[], b: number[], bias: number[], size: number, m: number, k: number, n: number,
  am0: number, am: number, ak: number, bm0: number, bk: number, bn: number, biasStep: number,
): number {
  if (this.thread.x >= size) return 0;
  const row = quotient(this.thread.x, n);
  const column = this.thread.x - row * n;
  const matrix = quotient(row, m);
  let left = matrix * am0 + (row - matrix * m) * am;
  let right = matrix * bm0 + column * bn;
  let sum = bias[column * biasStep];
  let own = k; // none beyond the end, as in conv3d.ts
  if (this.thread.x >= size) own = 0;
  const blocks = quotient(own, 16);
  for (let block = 0; block < blocks; block++) {
    let part = 0;
    for (let i = 0; i < 16; i++) part += a[left + i * ak] * b[right + i * bk];
    sum += part;
    left += 16 * ak;
    right += 16 * bk;
  }
  const rest = own - blocks * 16;
  for (let i = 0; i < rest; i++) sum += a[left + i * ak] * b[right + i * bk];
  return sum;
}

export const MATMUL = kernel('matmul', product, 3);
