/**
 * Spec Q7: what the tokenizer's training adds to the reconstruction loss.
 *
 *     commitment  C = mean((u − sg(q))²)                                over all N vectors and d channels
 *     p = σ(−4·T/√d · u)                                                softened bit, T = inv_temperature
 *     h(p) = −p·ln(p + ε) − (1 − p)·ln(1 − p + ε),  ε = 1e-8
 *     per sample  E[H(p)] = mean over vectors of Σ_j h(p_j)             small: bits are decided
 *     batch       H(E[p]) = Σ_j h(mean over vectors of p_j)             large: both values of a bit are used
 *     total = commitment_loss_weight · C + entropy_weight · zeta/T · (gamma0·E[H(p)] − gamma·H(E[p]))
 *
 * u = x/‖x‖, q its code (Q1). Bits are taken as independent, which makes the entropy of 2^d codes a sum of d.
 *
 * Paper §3.3 (and arXiv 2406.07548). Official: multiscale_bsq_tp_absorb_patchify.py:BSQ.forward,
 * soft_entropy_loss, get_entropy. Outside training the official module reports zeros for all of these.
 */

import { sizeOf } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';

/** Weights under their official names. */
export interface QuantizerLossConfig {
  readonly commitment_loss_weight: number;
  readonly entropy_weight: number;
  readonly inv_temperature: number;
  readonly gamma0: number;
  readonly gamma: number;
  readonly zeta: number;
}

export const RELEASED_LOSS_CONFIG: QuantizerLossConfig = {
  commitment_loss_weight: 0.25,
  entropy_weight: 0.1,
  inv_temperature: 100,
  gamma0: 1,
  gamma: 1,
  zeta: 1,
};

/** Keeps ln finite. */
export const ENTROPY_EPSILON = 1e-8;

/** Each of shape (1). */
export interface QuantizerLosses {
  readonly commitment: Tensor;
  readonly perSampleEntropy: Tensor;
  readonly batchEntropy: Tensor;
  readonly total: Tensor;
}

/** @param x (B, d, …), channels first, before normalization. */
export function quantizerLosses(b: Backend, x: Tensor, config: QuantizerLossConfig): QuantizerLosses {
  const d = x.shape[1];
  const vectors = sizeOf(x.shape) / d;
  const u = b.l2Normalize(x, 1); // (B, d, …)
  const difference = b.sub(u, codesAt(b, u)); // (B, d, …)
  const commitment = b.affine(total(b, b.mul(difference, difference)), 1 / (vectors * d)); // (1)

  const { p, q } = softBits(b, u, config.inv_temperature); // (B, d, …)
  const perSampleEntropy = b.affine(total(b, binaryEntropy(b, p, q)), 1 / vectors); // (1)
  const batchEntropy = total(b, binaryEntropy(b, meanOverVectors(b, p), meanOverVectors(b, q))); // (1)

  const penalty = b.sub(b.affine(perSampleEntropy, config.gamma0), b.affine(batchEntropy, config.gamma)); // (1)
  const entropyScale = (config.entropy_weight * config.zeta) / config.inv_temperature;
  const weighted = b.add(b.affine(commitment, config.commitment_loss_weight), b.affine(penalty, entropyScale)); // (1)
  return { commitment, perSampleEntropy, batchEntropy, total: weighted };
}

/** Codes of the bits [u > 0], without leaving the backend. (B, d, …) */
export function codesAt(b: Backend, u: Tensor): Tensor {
  const length = 1 / Math.sqrt(u.shape[1]);
  return b.affine(b.map('step', u), 2 * length, -length);
}

/** p = σ(−k·u) and q = 1 − p = σ(k·u), k = 4·T/√d; the second not by subtraction, which would lose small values. */
export function softBits(b: Backend, u: Tensor, inverseTemperature: number): { p: Tensor; q: Tensor } {
  const k = softness(u.shape[1], inverseTemperature);
  return { p: b.map('sigmoid', b.affine(u, -k)), q: b.map('sigmoid', b.affine(u, k)) };
}

/** k of {@link softBits}. */
export function softness(d: number, inverseTemperature: number): number {
  return (4 * inverseTemperature) / Math.sqrt(d);
}

/** Mean over everything but the channels. (B, d, …) → (1, d, 1, …) */
export function meanOverVectors(b: Backend, x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  return b.affine(b.sum(x, axes), x.shape[1] / sizeOf(x.shape));
}

/** h(p) elementwise, with q = 1 − p. */
function binaryEntropy(b: Backend, p: Tensor, q: Tensor): Tensor {
  const term = (x: Tensor): Tensor => b.mul(x, b.map('log', b.affine(x, 1, ENTROPY_EPSILON)));
  return b.affine(b.add(term(p), term(q)), -1);
}

/** Sum of all elements. → (1) */
function total(b: Backend, x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  return b.reshape(b.sum(x, axes), [1]);
}
