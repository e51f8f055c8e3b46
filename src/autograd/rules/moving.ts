/**
 * Sums and moved data: every element of g goes back to where it came from, those of a repeated element are added.
 *
 *     sum      x̄ = g, repeated along the summed axes      expand   x̄ = g, summed along the repeated axes
 *     reshape  x̄ = g in the shape of x                    permute  x̄ = g with the axes put back
 *     concat   x̄ᵢ = the part of g that is xᵢ              slice    x̄ = g between zeros
 *     take     x̄ = Eᵀ·g, E[i, rows[i]] = 1: rows of g are added where they were taken
 */

import { hostZeros } from '../../array/host.ts';
import type { Tensor } from '../../backend/backend.ts';
import { unbroadcast } from './elementwise.ts';
import type { Pullback } from './pullback.ts';

export function sumRule(x: Tensor): Pullback[] {
  return [{ keeps: [], pull: (b, g) => b.expand(g, x.shape) }];
}

export function reshapeRule(x: Tensor): Pullback[] {
  return [{ keeps: [], pull: (b, g) => b.reshape(g, x.shape) }];
}

export function permuteRule(axes: readonly number[]): Pullback[] {
  const back = axes.map((_, axis) => axes.indexOf(axis));
  return [{ keeps: [], pull: (b, g) => b.permute(g, back) }];
}

export function concatRule(xs: readonly Tensor[], axis: number): Pullback[] {
  let end = 0;
  return xs.map((x) => {
    const start = end;
    end += x.shape[axis];
    const own = [start, end] as const;
    return { keeps: [], pull: (b, g) => b.slice(g, axis, ...own) };
  });
}

export function sliceRule(x: Tensor, axis: number, start: number, end: number): Pullback[] {
  const extents = [start, x.shape[axis] - end];
  return [
    {
      keeps: [],
      pull(b, g) {
        const [before, after] = extents.map((extent) => {
          return extent === 0 ? [] : [b.upload(hostZeros(x.shape.with(axis, extent)))];
        });
        return b.concat([...before, g, ...after], axis);
      },
    },
  ];
}

export function expandRule(x: Tensor): Pullback[] {
  return [{ keeps: [], pull: (b, g) => unbroadcast(b, g, x.shape) }];
}

export function takeRule(x: Tensor, rows: Int32Array): Pullback[] {
  const [count] = x.shape;
  return [
    {
      keeps: [],
      pull(b, g) {
        const selection = hostZeros([rows.length, count]); // (rows, N)
        rows.forEach((row, i) => selection.set(i, row, 1));
        return b.matmul(b.upload(selection), g, { transposeA: true }); // (N, C)
      },
    },
  ];
}
