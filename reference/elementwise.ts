/**
 * y = a ∘ b, element by element, with NumPy broadcasting; ∘ one of +, −, ·, /.
 *
 * @throws ShapeError
 */

import { broadcastShape } from '../src/backend/shapes.ts';
import type { Dense } from './dense.ts';
import { broadcastStrides, eachRow, zeros } from './dense.ts';

export type Binary = 'add' | 'sub' | 'mul' | 'div';

const FUNCTIONS: Readonly<Record<Binary, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
};

export function elementwise(operation: Binary, a: Dense, b: Dense): Dense {
  const y = zeros(broadcastShape(operation, a, b));
  const f = FUNCTIONS[operation];
  let at = 0;
  const [stridesA, stridesB] = [broadcastStrides(a.shape, y.shape), broadcastStrides(b.shape, y.shape)];
  eachRow(y.shape, stridesA, stridesB, (i, j, stepA, stepB, length) => {
    for (let end = at + length; at < end; at++, i += stepA, j += stepB) y.values[at] = f(a.values[i], b.values[j]);
  });
  return y;
}

/** y = x · scale + shift. */
export function affine(x: Dense, scale: number, shift = 0): Dense {
  return { shape: x.shape, values: x.values.map((value) => value * scale + shift) };
}
