/**
 * Gradients that a backend without kernels of their own makes of its other operations. With σ the logistic function:
 *
 *     silu     σ·(1 + x·(1 − σ))
 *     gelu     y = x·Φ, Φ = (1 + tanh u)/2 = σ(2u), u = √(2/π)·(x + 0.044715·x³):
 *              slope Φ + x·2·Φ·(1 − Φ)·u′,  u′ = √(2/π)·(1 + 3·0.044715·x²)
 *     relu     [x > 0]
 *     sigmoid  σ·(1 − σ)
 *     exp      exp x
 *     log      1/x
 *     step     0
 *
 *     l2Normalize  u = x/max(‖x‖, δ), δ = 1e-12, h = g·gain:  x̄ = (h − u·⟨u, h⟩)/‖x‖ where ‖x‖ > δ,  h/δ elsewhere
 *                  the gain's: Σ g·u over everything but the axis
 */

import type { Backend, MapFunction, Tensor } from './backend.ts';

/** Intermediate results stay until the scope of `b` ends. */
export function mapGradient(b: Backend, f: MapFunction, x: Tensor, g: Tensor): Tensor {
  return SLOPES[f](b, x, g);
}

const SLOPES: Readonly<Record<MapFunction, (b: Backend, x: Tensor, g: Tensor) => Tensor>> = {
  silu(b, x, g) {
    const s = b.map('sigmoid', x); // (…)
    return b.mul(g, b.mul(s, b.affine(b.mul(x, b.affine(s, -1, 1)), 1, 1))); // (…)
  },
  gelu: (b, x, g) => b.mul(g, geluSlope(b, x)),
  relu: (b, x, g) => b.mul(g, b.map('step', x)),
  sigmoid(b, x, g) {
    const s = b.map('sigmoid', x); // (…)
    return b.mul(g, b.mul(s, b.affine(s, -1, 1))); // (…)
  },
  exp: (b, x, g) => b.mul(g, b.map('exp', x)),
  log: (b, x, g) => b.div(g, x),
  step: (b, _x, g) => b.affine(g, 0),
};

const ROOT = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

function geluSlope(b: Backend, x: Tensor): Tensor {
  const squares = b.mul(x, x); // (…)
  const u = b.mul(x, b.affine(squares, ROOT * CUBIC, ROOT)); // (…)
  const phi = b.map('sigmoid', b.affine(u, 2)); // (…)
  const slope = b.affine(squares, 6 * ROOT * CUBIC, 2 * ROOT); // 2·u′ (…)
  const tail = b.mul(b.mul(phi, b.affine(phi, -1, 1)), b.mul(x, slope)); // (…)
  return b.add(phi, tail); // (…)
}

const MIN_NORM = 1e-12;

export function l2NormalizeGradient(b: Backend, x: Tensor, g: Tensor, axis: number, gain?: Tensor): Tensor {
  const u = b.l2Normalize(x, axis); // (…)
  const h = gain === undefined ? g : b.mul(g, alongAxis(b, gain, x, axis)); // (…)
  // ⟨x, u⟩ is ‖x‖ above δ, and below δ when ‖x‖ is: clamping it is clamping ‖x‖.
  const aboveMin = b.affine(b.sum(b.mul(x, u), [axis]), 1, -MIN_NORM); // 1 along the axis
  const norm = b.affine(b.map('relu', aboveMin), 1, MIN_NORM); // 1 along the axis
  const radial = b.mul(b.sum(b.mul(u, h), [axis]), b.map('step', aboveMin)); // 1 along the axis
  return b.div(b.sub(h, b.mul(u, radial)), norm); // (…)
}

export function l2NormalizeGainGradient(b: Backend, x: Tensor, g: Tensor, axis: number): Tensor {
  const others = x.shape.map((_, i) => i).filter((i) => i !== axis);
  return b.reshape(b.sum(b.mul(g, b.l2Normalize(x, axis)), others), [x.shape[axis]]); // (n)
}

/** (n) → (1, …, n, …, 1), n at `axis` */
function alongAxis(b: Backend, gain: Tensor, x: Tensor, axis: number): Tensor {
  return b.reshape(gain, x.shape.map((extent, i) => (i === axis ? extent : 1)));
}
