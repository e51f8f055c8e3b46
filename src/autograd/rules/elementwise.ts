/**
 * Elementwise operations with broadcasting. ⟨·⟩ sums over the axes along which the argument was repeated.
 *
 *     y = a + b    ā = ⟨g⟩        b̄ = ⟨g⟩
 *     y = a − b    ā = ⟨g⟩        b̄ = −⟨g⟩
 *     y = a · b    ā = ⟨g · b⟩    b̄ = ⟨g · a⟩
 *     y = a / b    ā = ⟨g / b⟩    b̄ = −⟨g · y / b⟩
 *     y = s·x + c  x̄ = s·g
 */

import type { Shape } from '../../array/host.ts';
import { sameShape } from '../../array/host.ts';
import type { Backend, Tensor } from '../../backend/backend.ts';
import type { Pullback } from './pullback.ts';

export function addRule(a: Tensor, b: Tensor): Pullback[] {
  return [a, b].map((x) => ({ keeps: [], pull: (s, g) => unbroadcast(s, g, x.shape) }));
}

export function subRule(a: Tensor, b: Tensor): Pullback[] {
  return [
    { keeps: [], pull: (s, g) => unbroadcast(s, g, a.shape) },
    { keeps: [], pull: (s, g) => s.affine(unbroadcast(s, g, b.shape), -1) },
  ];
}

export function mulRule(a: Tensor, b: Tensor): Pullback[] {
  return [
    { keeps: [b], pull: (s, g) => unbroadcast(s, s.mul(g, b), a.shape) },
    { keeps: [a], pull: (s, g) => unbroadcast(s, s.mul(g, a), b.shape) },
  ];
}

export function divRule(a: Tensor, b: Tensor, y: Tensor): Pullback[] {
  return [
    { keeps: [b], pull: (s, g) => unbroadcast(s, s.div(g, b), a.shape) },
    { keeps: [b, y], pull: (s, g) => s.affine(unbroadcast(s, s.div(s.mul(g, y), b), b.shape), -1) },
  ];
}

export function affineRule(scale: number): Pullback[] {
  return [{ keeps: [], pull: (s, g) => s.affine(g, scale) }];
}

/** ⟨g⟩: to the shape of an argument that was broadcast to g's. */
export function unbroadcast(b: Backend, g: Tensor, shape: Shape): Tensor {
  if (sameShape(g.shape, shape)) return b.reshape(g, shape);
  const missing = g.shape.length - shape.length;
  const repeated = (extent: number, axis: number): boolean => {
    return axis < missing || (shape[axis - missing] === 1 && extent !== 1);
  };
  const axes = g.shape.flatMap((extent, axis) => (repeated(extent, axis) ? [axis] : []));
  return b.reshape(b.sum(g, axes), shape);
}
