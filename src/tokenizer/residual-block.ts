/**
 * Residual block: y = conv2(silu(norm2(conv1(silu(norm1(x)))))) + x, with 3×3×3 causal convolutions, and a 1×1×1
 * convolution of x where the widths differ. In the decoder both norms are conditioned on the latent z (V6).
 *
 * Paper §3.3; official infinity/models/videovae/models/wan_bsq_vae.py:CogVideoXResnetBlock3D. Spec V3.
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import type { Weights } from '../backend/weights.ts';
import { causalConvStage } from './causal-conv.ts';
import { channelNorm } from './channel-norm.ts';
import { conditionedNorm } from './conditioned-norm.ts';
import { cachedChain, framewise } from './conv-cache.ts';
import type { Cached, CachedStage, ConvCache } from './conv-cache.ts';

/**
 * @param w `norm1.*`, `conv1.conv.*`, `norm2.*`, `conv2.conv.*`, and `conv_shortcut.*` where the widths differ
 * @param x (B, C, T, H, W)
 * @param z (B, Z, t, h, w), the latent that conditions the norms; none in the encoder
 * @returns y (B, O, T, H, W)
 */
export async function residualBlock(
  b: Backend,
  w: Weights,
  x: Tensor,
  cache: ConvCache | undefined,
  z?: Tensor,
): Promise<Cached> {
  const inner = await cachedChain(b, x, cache, [
    normStage('norm1', w, z), // (B, C, T, H, W)
    causalConvStage('conv1', w.at('conv1')), // (B, O, T, H, W)
    normStage('norm2', w, z), // (B, O, T, H, W)
    causalConvStage('conv2', w.at('conv2')), // (B, O, T, H, W)
  ]);
  const shortcut = w.has('conv_shortcut.weight')
    ? b.conv3d(x, w.get('conv_shortcut.weight'), w.get('conv_shortcut.bias')) // (B, O, T, H, W)
    : x;
  return { y: b.add(inner.y, shortcut), cache: inner.cache }; // (B, O, T, H, W)
}

/** Blocks `resnets.0` … `resnets.<count − 1>` of `w`, one after the other. */
export function residualStages(w: Weights, count: number, z?: Tensor): CachedStage[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `resnet_${i}`,
    run: (b, x, cache) => residualBlock(b, w.at(`resnets.${i}`), x, cache, z),
  }));
}

/** silu(norm(x)) */
function normStage(name: string, w: Weights, z: Tensor | undefined): CachedStage {
  const own = w.at(name);
  return framewise(name, async (b, x) => {
    const normed = z === undefined ? channelNorm(b, own.get('gamma'), x) : conditionedNorm(b, own, x, z);
    return b.map('silu', normed); // (B, C, T, H, W)
  });
}
