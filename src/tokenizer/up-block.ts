/**
 * Up block: y = M(D(conv(silu(norm(x)))) + D(R(x))). D moves channels in the order (pt, ph, pw, c) into pt frames of
 * 2×2 pixels, R repeats the whole block of channels until there are as many, and M makes the first pt frames one, by
 * their mean, where the chunk begins the video: the first latent frame stands for a single frame.
 *
 * A chunk begins the video if it has an odd number of frames, or if it is the first chunk of an even number
 * (`splitFirst`). Only the first chunk is ever odd (spec V8).
 *
 * Paper §3.3; official infinity/models/videovae/modules/conv_wan.py:DCUpBlock3d. Spec V5.
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import type { Weights } from '../backend/weights.ts';
import { causalConvStage } from './causal-conv.ts';
import { channelNorm } from './channel-norm.ts';
import { cachedChain, framewise } from './conv-cache.ts';
import type { Cached, ConvCache } from './conv-cache.ts';

/**
 * @param w `norm.gamma`, `conv.conv.*`
 * @param x (B, C, t, h, w)
 * @param timeFactor 1 keeps the frames, 2 doubles them
 * @param splitFirst the chunk begins the video, whatever its number of frames
 * @returns y (B, O, T, 2h, 2w), T = timeFactor·t, or timeFactor·(t−1) + 1 where the chunk begins the video
 */
export async function upBlock(
  b: Backend,
  w: Weights,
  x: Tensor,
  timeFactor: number,
  splitFirst: boolean,
  cache: ConvCache | undefined,
): Promise<Cached> {
  const main = await cachedChain(b, x, cache, [
    framewise('norm', async (s, v) => s.map('silu', channelNorm(s, w.get('norm.gamma'), v))), // (B, C, t, h, w)
    causalConvStage('conv', w.at('conv')), // (B, O·4·pt, t, h, w)
  ]);
  const repeated = repeatChannels(b, x, main.y.shape[1]); // (B, O·4·pt, t, h, w)
  const up = b.add(depthToSpace(b, main.y, timeFactor), depthToSpace(b, repeated, timeFactor)); // (B, O, pt·t, 2h, 2w)
  const begins = splitFirst || x.shape[2] % 2 === 1;
  return { y: begins && timeFactor > 1 ? mergeFirst(b, up, timeFactor) : up, cache: main.cache }; // (B, O, T, 2h, 2w)
}

/** D: (B, (pt ph pw c), t, h, w) → (B, c, pt·t, 2h, 2w) */
function depthToSpace(b: Backend, x: Tensor, pt: number): Tensor {
  const [B, C, T, H, W] = x.shape as [number, number, number, number, number];
  const c = C / (4 * pt);
  const split = b.reshape(x, [B, pt, 2, 2, c, T, H, W]); // (B, pt, ph, pw, c, t, h, w)
  const moved = b.permute(split, [0, 4, 5, 1, 6, 2, 7, 3]); // (B, c, t, pt, h, ph, w, pw)
  return b.reshape(moved, [B, c, T * pt, H * 2, W * 2]); // (B, c, pt·t, 2h, 2w)
}

/** R: (B, C, t, h, w) → (B, (r C), t, h, w) */
function repeatChannels(b: Backend, x: Tensor, channels: number): Tensor {
  const [B, C, T, H, W] = x.shape as [number, number, number, number, number];
  const tiled = b.expand(b.reshape(x, [B, 1, C, T * H * W]), [B, channels / C, C, T * H * W]); // (B, r, C, t·h·w)
  return b.reshape(tiled, [B, channels, T, H, W]); // (B, r·C, t, h, w)
}

/** M: (B, C, T, H, W) → (B, C, T−pt+1, H, W) */
function mergeFirst(b: Backend, x: Tensor, pt: number): Tensor {
  const frames = x.shape[2];
  const first = b.affine(b.sum(b.slice(x, 2, 0, pt), [2]), 1 / pt); // (B, C, 1, H, W)
  return frames === pt ? first : b.concat([first, b.slice(x, 2, pt, frames)], 2); // (B, C, T−pt+1, H, W)
}
