/**
 * The gradients of unit vectors along one axis (l2-normalize.ts). With u = x/max(‖x‖, δ), δ = 1e-12, and h = g·gain,
 *
 *     x̄ = (h − u·⟨u, h⟩)/‖x‖ where ‖x‖ > δ,  h/δ elsewhere;   the gain's: Σ g·u over everything but the axis
 *
 * @throws ShapeError
 */

import { gradientShape, l2NormalizeShape } from '../src/backend/shapes.ts';
import type { Dense } from './dense.ts';
import { around, zeros } from './dense.ts';

const MIN_NORM = 1e-12;

export function l2NormalizeGradient(x: Dense, g: Dense, axis: number, gain?: Dense): Dense {
  l2NormalizeShape(x, axis, gain);
  const y = zeros(gradientShape('l2NormalizeGradient', x, g));
  eachVector(x, axis, (at, norm) => {
    const h = at.map((i, n) => g.values[i] * (gain?.values[n] ?? 1));
    const divisor = Math.max(norm, MIN_NORM);
    const radial = norm > MIN_NORM ? at.reduce((sum, i, n) => sum + (x.values[i] / divisor) * h[n], 0) : 0;
    at.forEach((i, n) => (y.values[i] = (h[n] - (x.values[i] / divisor) * radial) / divisor));
  });
  return y;
}

export function l2NormalizeGainGradient(x: Dense, g: Dense, axis: number): Dense {
  gradientShape('l2NormalizeGainGradient', x, g);
  const sums = new Float64Array(l2NormalizeShape(x, axis)[axis]);
  eachVector(x, axis, (at, norm) => {
    at.forEach((i, n) => (sums[n] += (g.values[i] * x.values[i]) / Math.max(norm, MIN_NORM)));
  });
  return { shape: [sums.length], values: Float32Array.from(sums) };
}

/** Calls with where the elements of a vector lie, and ‖x‖. */
function eachVector(x: Dense, axis: number, visit: (at: readonly number[], norm: number) => void): void {
  const [outer, extent, inner] = around(x.shape, axis);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const at = Array.from({ length: extent }, (_, n) => (o * extent + n) * inner + i);
      visit(at, Math.sqrt(at.reduce((sum, index) => sum + x.values[index] ** 2, 0)));
    }
  }
}
