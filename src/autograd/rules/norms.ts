/**
 * Norms. Both turn x into n, a vector of fixed length, and then scale its elements by weights w; with h = g·w,
 *
 *     rmsNorm       n = r·x, r = 1/√(mean(x²) + ε)    x̄ = r·(h − n·mean(n·h))
 *     l2Normalize   n = x/max(‖x‖, δ), δ = 1e-12      x̄ = (h − n·⟨n, h⟩)/‖x‖ where ‖x‖ > δ,  h/δ elsewhere
 *
 * and w̄ = Σ g·n over everything but the axis of w. Without w, w = 1.
 */

import { hostTensor } from '../../array/host.ts';
import type { Backend, Tensor } from '../../backend/backend.ts';
import type { Pullback } from './pullback.ts';

/** For x and weight. */
export function rmsNormRule(x: Tensor, weight: Tensor, epsilon: number): Pullback[] {
  const last = x.shape.length - 1;
  const width = x.shape[last];
  const normed = (b: Backend): Tensor => {
    return b.rmsNorm(x, b.upload(hostTensor(new Float32Array(width).fill(1), [width])), epsilon); // (…, C)
  };
  return [
    {
      keeps: [x, weight],
      pull(b, g) {
        const n = normed(b); // (…, C)
        const h = b.mul(g, weight); // (…, C)
        const meanSquare = b.affine(b.sum(b.mul(x, x), [last]), 1 / width, epsilon); // (…, 1)
        const r = b.map('exp', b.affine(b.map('log', meanSquare), -0.5)); // (…, 1)
        const radial = b.affine(b.sum(b.mul(n, h), [last]), 1 / width); // (…, 1)
        return b.mul(b.sub(h, b.mul(n, radial)), r); // (…, C)
      },
    },
    { keeps: [x], pull: (b, g) => sumAllBut(b, b.mul(g, normed(b)), last) }, // (C)
  ];
}

/** For x and gain. */
export function l2NormalizeRule(x: Tensor, axis: number, gain: Tensor | undefined): Pullback[] {
  return [
    { keeps: gain === undefined ? [x] : [x, gain], pull: (b, g) => b.l2NormalizeGradient(x, g, axis, gain) }, // (…)
    { keeps: [x], pull: (b, g) => b.l2NormalizeGainGradient(x, g, axis) }, // (n)
  ];
}

/** (…, n, …) → (n) */
function sumAllBut(b: Backend, x: Tensor, axis: number): Tensor {
  const axes = x.shape.map((_, i) => i).filter((i) => i !== axis);
  return b.reshape(b.sum(x, axes), [x.shape[axis]]);
}
