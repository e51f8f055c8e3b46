/**
 * Norm conditioned on the latent: y = norm(f) · conv_y(z↑) + conv_b(z↑), with 1×1×1 convolutions and z↑ the latent
 * resized to f by nearest neighbour. An odd number of frames (> 1) means that f begins with the first frame of the
 * video, which has a latent frame of its own: it is resized apart from the rest.
 *
 * A 1×1×1 convolution acts on each position alone and nearest neighbour only copies positions, so the two
 * commute: we convolve the small latent and resize after, the official code does it the other way round.
 *
 * Paper §3.3; official infinity/models/videovae/models/wan_bsq_vae.py:CogVideoXSpatialNorm3D. Spec V6.
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import type { Weights } from '../backend/weights.ts';
import { channelNorm } from './channel-norm.ts';

/**
 * @param w `norm_layer.gamma`, `conv_y.conv.*`, `conv_b.conv.*`
 * @param f (B, C, T, H, W)
 * @param z (B, Z, t, h, w), the latent of the same chunk
 * @returns (B, C, T, H, W)
 */
export function conditionedNorm(b: Backend, w: Weights, f: Tensor, z: Tensor): Tensor {
  const scale = b.conv3d(z, w.get('conv_y.conv.weight'), w.get('conv_y.conv.bias')); // (B, C, t, h, w)
  const shift = b.conv3d(z, w.get('conv_b.conv.weight'), w.get('conv_b.conv.bias')); // (B, C, t, h, w)
  const normed = channelNorm(b, w.get('norm_layer.gamma'), f); // (B, C, T, H, W)
  return b.add(b.mul(normed, nearest(b, scale, f)), nearest(b, shift, f)); // (B, C, T, H, W)
}

/** (B, C, t, h, w) → (B, C, T, H, W) of `like`. */
function nearest(b: Backend, z: Tensor, like: Tensor): Tensor {
  const [T, H, W] = [like.shape[2], like.shape[3], like.shape[4]];
  if (T === 1 || T % 2 === 0) return b.resize(z, [T, H, W], 'nearest'); // (B, C, T, H, W)
  const first = b.resize(b.slice(z, 2, 0, 1), [1, H, W], 'nearest'); // (B, C, 1, H, W)
  const rest = b.resize(b.slice(z, 2, 1, z.shape[2]), [T - 1, H, W], 'nearest'); // (B, C, T−1, H, W)
  return b.concat([first, rest], 2); // (B, C, T, H, W)
}
