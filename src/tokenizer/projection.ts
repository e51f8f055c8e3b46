/**
 * The linear layers and the scale between latent and features: f = (W_down · v + c_down) · s₀ and back,
 * v = W_up · (f / s₀) + c_up.
 *
 * Official infinity/models/videovae/models/wan_bsq_vae.py:AutoencoderKLCogVideoX.encode_for_raw_features, decode,
 * with use_feat_proj = 2 as released. Spec V9, V10.
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import type { WeightStore } from '../backend/weights.ts';

/** (B, C, t, h, w) → (B, C, t, h, w): `proj_down`, then × s₀. */
export async function projectDown(b: Backend, weights: WeightStore, x: Tensor): Promise<Tensor> {
  return b.mul(await linear(b, weights, 'proj_down', x), await scale(b, weights)); // (B, C, t, h, w)
}

/** (B, C, t, h, w) → (B, C, t, h, w): ÷ s₀, then `proj_up`. */
export async function projectUp(b: Backend, weights: WeightStore, x: Tensor): Promise<Tensor> {
  return linear(b, weights, 'proj_up', b.div(x, await scale(b, weights))); // (B, C, t, h, w)
}

/** s₀ (1) */
async function scale(b: Backend, weights: WeightStore): Promise<Tensor> {
  return b.slice(await weights.tensor(b, 'scale_learnable_parameters'), 0, 0, 1); // (1)
}

/** A linear layer over the channels of each position is a 1×1×1 convolution. */
async function linear(b: Backend, weights: WeightStore, prefix: string, x: Tensor): Promise<Tensor> {
  const w = await weights.load(b, prefix);
  const weight = w.get('weight'); // (C, C)
  return b.conv3d(x, b.reshape(weight, [...weight.shape, 1, 1, 1]), w.get('bias')); // (B, C, t, h, w)
}
