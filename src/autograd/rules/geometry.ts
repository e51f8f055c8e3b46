/**
 * Geometry: both operations are linear in x.
 *
 *     resize   x̄ = Rᵀ·g along every axis, R the matrix of the resizing
 *     rotary   x̄ = g turned by the opposite angles. The rope itself is a table of positions and has no gradient.
 */

import { hostTensor } from '../../array/host.ts';
import type { ResizeMode, Tensor } from '../../backend/backend.ts';
import type { Pullback } from './pullback.ts';

export function resizeRule(x: Tensor, mode: ResizeMode): Pullback[] {
  const [depth, height, width] = x.shape.slice(2);
  return [{ keeps: [], pull: (b, g) => b.resizeGradient(g, [depth, height, width], mode) }];
}

/** For x. */
export function rotaryRule(rope: Tensor): Pullback[] {
  return [
    {
      keeps: [rope],
      pull(b, g) {
        const signs = b.upload(hostTensor(Float32Array.of(1, -1), [2, 1, 1])); // cosines stay, sines turn round
        return b.rotary(g, b.mul(rope, signs)); // (…, L, D)
      },
    },
  ];
}
