/** Peak signal-to-noise ratio in decibels: 10·log₁₀(255² / mean((a − b)²)); infinite for equal pictures. */

import type { NdArray } from 'ndarray';
import { rowMajor, sameShape } from '../array/host.ts';
import { ShapeError } from '../errors.ts';

/** @throws ShapeError if the shapes differ. */
export function psnr(a: NdArray<Uint8Array>, b: NdArray<Uint8Array>): number {
  if (!sameShape(a.shape, b.shape)) throw new ShapeError('b', `shape [${a.shape.join(', ')}]`, b.shape);
  const x = rowMajor(a);
  const y = rowMajor(b);
  const squares = x.reduce((sum, value, i) => sum + (value - y[i]) ** 2, 0);
  return 10 * Math.log10((255 * 255 * x.length) / squares);
}
