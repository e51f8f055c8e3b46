/**
 * Down block: y = S(P(conv(silu(norm(x))))) + G(S(P(x))). P halves time by the mean of pairs of frames, S moves
 * 2×2 pixels into channels in the order (ph, pw, c), G is the mean over groups of channels viewed as (g, c). The
 * convolution goes to a quarter of the output's channels.
 *
 * With an odd number of frames (> 1) the first frame is that of the video and is kept alone.
 *
 * Paper §3.3; official infinity/models/videovae/modules/conv_wan.py:DCDownBlock3d. Spec V4.
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import type { Weights } from '../backend/weights.ts';
import { causalConvStage } from './causal-conv.ts';
import { channelNorm } from './channel-norm.ts';
import { cachedChain, framewise } from './conv-cache.ts';
import type { Cached, ConvCache } from './conv-cache.ts';

/**
 * @param w `norm.gamma`, `conv.conv.*`
 * @param x (B, C, T, H, W), H and W even
 * @param timeFactor 1 keeps the frames, 2 halves them
 * @returns y (B, O, t, H/2, W/2), t = ceil(T / timeFactor)
 */
export async function downBlock(
  b: Backend,
  w: Weights,
  x: Tensor,
  timeFactor: number,
  cache: ConvCache | undefined,
): Promise<Cached> {
  const main = await cachedChain(b, x, cache, [
    framewise('norm', async (s, v) => s.map('silu', channelNorm(s, w.get('norm.gamma'), v))), // (B, C, T, H, W)
    causalConvStage('conv', w.at('conv')), // (B, O/4, T, H, W)
  ]);
  const down = spaceToDepth(b, meanOfFrames(b, main.y, timeFactor)); // (B, O, t, H/2, W/2)
  const moved = spaceToDepth(b, meanOfFrames(b, x, timeFactor)); // (B, 4C, t, H/2, W/2)
  const shortcut = meanOfGroups(b, moved, down.shape[1]); // (B, O, t, H/2, W/2)
  return { y: b.add(down, shortcut), cache: main.cache }; // (B, O, t, H/2, W/2)
}

/** P: (B, C, T, H, W) → (B, C, t, H, W) */
function meanOfFrames(b: Backend, x: Tensor, factor: number): Tensor {
  const frames = x.shape[2];
  if (factor === 1 || frames === 1) return x; // (B, C, T, H, W)
  if (frames % 2 === 0) return meanOfRuns(b, x, factor); // (B, C, T/factor, H, W)
  const rest = meanOfRuns(b, b.slice(x, 2, 1, frames), factor); // (B, C, (T−1)/factor, H, W)
  return b.concat([b.slice(x, 2, 0, 1), rest], 2); // (B, C, 1+(T−1)/factor, H, W)
}

function meanOfRuns(b: Backend, x: Tensor, factor: number): Tensor {
  const [B, C, T, H, W] = x.shape as [number, number, number, number, number];
  const runs = b.reshape(x, [B, C, T / factor, factor, H * W]); // (B, C, T/factor, factor, H·W)
  const mean = b.affine(b.sum(runs, [3]), 1 / factor); // (B, C, T/factor, 1, H·W)
  return b.reshape(mean, [B, C, T / factor, H, W]); // (B, C, T/factor, H, W)
}

/** S: (B, C, T, 2h, 2w) → (B, (ph pw C), T, h, w) */
function spaceToDepth(b: Backend, x: Tensor): Tensor {
  const [B, C, T, H, W] = x.shape as [number, number, number, number, number];
  const cells = b.reshape(x, [B, C, (T * H) / 2, 2, W / 2, 2]); // (B, C, T·h, ph, w, pw)
  const moved = b.permute(cells, [0, 3, 5, 1, 2, 4]); // (B, ph, pw, C, T·h, w)
  return b.reshape(moved, [B, 4 * C, T, H / 2, W / 2]); // (B, 4C, T, h, w)
}

/** G: (B, (g c), T, h, w) → (B, c, T, h, w) */
function meanOfGroups(b: Backend, x: Tensor, channels: number): Tensor {
  const [B, C, T, H, W] = x.shape as [number, number, number, number, number];
  const groups = C / channels;
  if (groups === 1) return x; // (B, c, T, h, w)
  const grouped = b.reshape(x, [B, groups, channels, T * H * W]); // (B, g, c, T·h·w)
  const mean = b.affine(b.sum(grouped, [1]), 1 / groups); // (B, 1, c, T·h·w)
  return b.reshape(mean, [B, channels, T, H, W]); // (B, c, T, h, w)
}
