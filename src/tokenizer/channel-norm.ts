/**
 * RMS norm over the channels of each position: y = x / max(‖x‖₂, 1e-12) · √C · γ.
 *
 * Official infinity/models/videovae/modules/normalization_wan.py:RMS_norm. Spec V2.
 */

import type { Backend, Tensor } from '../backend/backend.ts';

/**
 * @param gamma (C, 1, 1, 1)
 * @param x (B, C, T, H, W)
 * @returns (B, C, T, H, W)
 */
export function channelNorm(b: Backend, gamma: Tensor, x: Tensor): Tensor {
  const channels = gamma.shape[0];
  const gain = b.affine(b.reshape(gamma, [channels]), Math.sqrt(channels)); // (C)
  return b.l2Normalize(x, 1, gain); // (B, C, T, H, W)
}
