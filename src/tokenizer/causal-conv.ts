/**
 * Causal 3-D convolution: y[t] = Σ_k W[k] · x[t − (K−1) + k], so that no frame sees a later one.
 *
 * In front of the first chunk stand K−1 copies of its first frame (not zeros); in front of a later chunk stand
 * the last K−1 input frames of the one before. Around space there are zeros.
 *
 * Paper §3.3; official infinity/models/videovae/modules/conv_wan.py:CogVideoXCausalConv3d. Spec V1.
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import type { Weights } from '../backend/weights.ts';
import { keptFrames } from './conv-cache.ts';
import type { CachedStage } from './conv-cache.ts';

/**
 * @param w `conv.weight` (O, C, kt, kh, kw) and `conv.bias` (O)
 * @param x (B, C, T, H, W)
 * @param cache the cache returned for the preceding chunk; none for the first
 * @returns y (B, O, T, H, W), and the last kt−1 frames of the padded input (B, C, kt−1, H, W). With kt = 1 nothing is
 *   looked back at, and the cache is, as officially, the whole input.
 */
export function causalConv(b: Backend, w: Weights, x: Tensor, cache?: Tensor): { y: Tensor; cache: Tensor } {
  const weight = w.get('conv.weight'); // (O, C, kt, kh, kw)
  const past = weight.shape[2] - 1;
  if (cache === undefined && x.shape[2] === 1 && past > 0) return pictureConv(b, w, x, past);
  const padded = past === 0 ? x : b.concat([...before(b, x, past, cache), x], 2); // (B, C, kt−1+T, H, W)
  const frames = padded.shape[2];
  return {
    y: b.conv3d(padded, weight, w.get('conv.bias')), // (B, O, T, H, W)
    cache: b.slice(padded, 2, past === 0 ? 0 : frames - past, frames), // (B, C, kt−1, H, W)
  };
}

/** A picture looks back at nothing but copies of itself, so that y = (Σ_k W[k]) · x: a third of the products for K = 3. */
function pictureConv(b: Backend, w: Weights, x: Tensor, past: number): { y: Tensor; cache: Tensor } {
  const [batch, channels, , height, width] = x.shape;
  const weight = b.sum(w.get('conv.weight'), [2]); // (O, C, 1, kh, kw)
  return {
    y: b.conv3d(x, weight, w.get('conv.bias')), // (B, O, 1, H, W)
    cache: b.expand(x, [batch, channels, past, height, width]), // (B, C, kt−1, H, W)
  };
}

function before(b: Backend, x: Tensor, past: number, cache: Tensor | undefined): Tensor[] {
  if (cache !== undefined) return [cache]; // (B, C, kt−1, H, W)
  const first = b.slice(x, 2, 0, 1); // (B, C, 1, H, W)
  return Array.from({ length: past }, () => first);
}

/** The convolution as a stage of a chain. */
export function causalConvStage(name: string, w: Weights): CachedStage {
  return { name, run: async (b, x, cache) => causalConv(b, w, x, keptFrames(cache)) };
}
