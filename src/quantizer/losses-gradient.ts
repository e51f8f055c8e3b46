/**
 * Spec Q7: gradient of the straight-through output and of the quantizer's losses, in closed form.
 *
 * The quantizer's output is q in value and u = x/‖x‖ in gradient (straight through). With G = ∂L/∂output and the
 * notation of {@link ./losses.ts}, N vectors of d channels, k = 4·T/√d:
 *
 *     ∂C/∂u   = 2·(u − q)/(N·d)
 *     ∂p/∂u   = −k·p·(1 − p)
 *     h'(p)   = ln(1 − p + ε) − ln(p + ε)      the exact derivative adds (1 − p)/(1 − p + ε) − p/(p + ε), which
 *                                              is at most ε, 1e-8, once it meets the factor p·(1 − p) below
 *     ∂E[H]/∂u_nj = h'(p_nj)·∂p_nj/∂u_nj / N
 *     ∂H(E)/∂u_nj = h'(mean_n p_nj)·∂p_nj/∂u_nj / N
 *     g = G + commitment_loss_weight·∂C/∂u + entropy_weight·zeta/T·(gamma0·∂E[H]/∂u − gamma·∂H(E)/∂u)
 *
 * and through the normalization, whose denominator is clamped to δ = 1e-12:
 *
 *     ∂L/∂x = (g − u·⟨u, g⟩)/‖x‖   where ‖x‖ > δ,   g/δ elsewhere
 *
 * Paper §3.3. Official: what automatic differentiation makes of
 * multiscale_bsq_tp_absorb_patchify.py:BSQ.forward in training mode.
 */

import { sizeOf } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import { codesAt, ENTROPY_EPSILON, meanOverVectors, softBits, softness } from './losses.ts';
import type { QuantizerLossConfig } from './losses.ts';

/** Smallest denominator of the normalization. */
const MIN_NORM = 1e-12;

/**
 * @param x (B, d, …), channels first, before normalization.
 * @param upstream G, same shape.
 * @returns ∂L/∂x, same shape, L = (what gives G) + total of the quantizer's losses.
 */
export function quantizerGradient(b: Backend, x: Tensor, upstream: Tensor, config: QuantizerLossConfig): Tensor {
  const u = b.l2Normalize(x, 1); // (B, d, …)
  const g = b.add(upstream, lossGradient(b, u, config)); // (B, d, …)

  // ⟨x, u⟩ is ‖x‖ above δ and below δ when ‖x‖ is, so clamping it is clamping ‖x‖.
  const aboveMin = b.affine(b.sum(b.mul(x, u), [1]), 1, -MIN_NORM); // (B, 1, …)
  const norm = b.affine(b.map('relu', aboveMin), 1, MIN_NORM); // (B, 1, …)
  const radial = b.mul(b.sum(b.mul(u, g), [1]), b.map('step', aboveMin)); // (B, 1, …)
  return b.div(b.sub(g, b.mul(u, radial)), norm); // (B, d, …)
}

/** Gradient of the total loss with respect to u. (B, d, …) */
function lossGradient(b: Backend, u: Tensor, config: QuantizerLossConfig): Tensor {
  const d = u.shape[1];
  const vectors = sizeOf(u.shape) / d;
  const { p, q } = softBits(b, u, config.inv_temperature); // (B, d, …)
  const perSample = entropySlope(b, p, q); // (B, d, …)
  const batch = entropySlope(b, meanOverVectors(b, p), meanOverVectors(b, q)); // (1, d, 1, …)
  const slopes = b.sub(b.affine(perSample, config.gamma0), b.affine(batch, config.gamma)); // (B, d, …)

  const entropyScale = (config.entropy_weight * config.zeta) / config.inv_temperature;
  const dpScale = -softness(d, config.inv_temperature) / vectors;
  const entropy = b.affine(b.mul(slopes, b.mul(p, q)), entropyScale * dpScale); // (B, d, …)

  const commitmentScale = (2 * config.commitment_loss_weight) / (vectors * d);
  const commitment = b.affine(b.sub(u, codesAt(b, u)), commitmentScale); // (B, d, …)
  return b.add(entropy, commitment);
}

/** h'(p) elementwise, with q = 1 − p. */
function entropySlope(b: Backend, p: Tensor, q: Tensor): Tensor {
  const log = (x: Tensor): Tensor => b.map('log', b.affine(x, 1, ENTROPY_EPSILON));
  return b.sub(log(q), log(p));
}
