/**
 * The diagonal Gaussian over features: mean + exp(½ · clamp(logvar, −30, 20)) · noise.
 *
 * Official infinity/models/videovae/modules/commitments.py:DiagonalGaussianDistribution. The official pipeline draws
 * the noise anew at every call; here it is an argument, and none means the mean. Spec V9.
 */

import type { Backend, Tensor } from '../backend/backend.ts';

/**
 * @param moments (B, 2C, t, h, w): means, then log-variances
 * @param noise standard normal (B, C, t, h, w); undefined for the mean itself
 * @returns (B, C, t, h, w)
 */
export function posteriorSample(b: Backend, moments: Tensor, noise: Tensor | undefined): Tensor {
  const channels = moments.shape[1] / 2;
  const mean = b.slice(moments, 1, 0, channels); // (B, C, t, h, w)
  if (noise === undefined) return mean;
  const logvar = clamp(b, b.slice(moments, 1, channels, 2 * channels), -30, 20); // (B, C, t, h, w)
  const std = b.map('exp', b.affine(logvar, 0.5)); // (B, C, t, h, w)
  return b.add(mean, b.mul(std, noise)); // (B, C, t, h, w)
}

/** max(low, min(high, x)) by two rectifiers. */
function clamp(b: Backend, x: Tensor, low: number, high: number): Tensor {
  const belowHigh = b.affine(b.map('relu', b.affine(x, -1, high)), -1, high); // (…)
  return b.affine(b.map('relu', b.affine(belowHigh, 1, -low)), 1, low); // (…)
}
