/**
 * Spec Q3: between the features' width and size and those of a scale.
 *
 * Without learnable projections each frame is a volume (C, h, w) and the channel axis is resized like a third
 * spatial axis, together with the other two:
 *
 *     (B, C, t, h, w) → (B·t) volumes (C, h, w) → resize to (C', h', w') → (B, C', t, h', w')
 *
 * "area" on the way to a scale (64 → 16 is then the mean over four neighbouring channels, where h and w divide
 * too), "trilinear" on the way back. With `use_learnable_dim_proj` a two-layer MLP over the channels changes the
 * width, W₂·silu(W₁·x + b₁) + b₂, and only then are h and w resized. Time is resized in neither.
 *
 * Spec Q8, knowledge inheritance: without learnable projections nothing in the quantizer is a weight, so the
 * weights of a continuous tokenizer load unchanged and are all there is.
 *
 * Paper §3.3, §4.1. Official: schedules/infinity_elegant.py:interpolate; the MLPs' activation is in
 * multiscale_bsq_tp_absorb_patchify.py:MultiScaleBSQTP.__init__.
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import type { Weights } from '../backend/weights.ts';
import { ArgumentError } from '../errors.ts';
import type { Size } from '../pyramid/scales.ts';
import type { Quantizer, Vocabulary } from './vocabulary.ts';

/** Features (or a residual of them) → what a scale quantizes. (B, C, t, H, W) → (B, width, t, h, w). */
export function toScale(
  b: Backend,
  quantizer: Quantizer,
  vocabulary: Vocabulary,
  x: Tensor,
  size: Size,
): Tensor {
  return changeWidth(b, quantizer, vocabulary, x, [vocabulary.width, ...size], 'area');
}

/** Codes of a scale → their share of the features. (B, width, t, h, w) → (B, C, t, H, W). */
export function fromScale(
  b: Backend,
  quantizer: Quantizer,
  vocabulary: Vocabulary,
  codes: Tensor,
  size: Size,
): Tensor {
  return changeWidth(b, quantizer, vocabulary, codes, [quantizer.channels, ...size], 'trilinear');
}

function changeWidth(
  b: Backend,
  { config, projections }: Quantizer,
  vocabulary: Vocabulary,
  x: Tensor, // (B, C, t, h, w)
  [channels, h, w]: readonly [number, number, number],
  mode: 'area' | 'trilinear',
): Tensor {
  if (config.use_learnable_dim_proj === 1) {
    const from = x.shape[1];
    const name = `${vocabulary.name}_proj_${from > channels ? 'down' : 'up'}`;
    const projected = from === channels ? x : project(b, weightsOf(projections, name), x); // (B, C', t, h, w)
    return b.resize(projected, [x.shape[2], h, w], mode); // (B, C', t, h', w')
  }
  const frames = b.permute(x, [0, 2, 1, 3, 4]); // (B, t, C, h, w)
  const resized = b.resize(frames, [channels, h, w], mode); // (B, t, C', h', w')
  return b.permute(resized, [0, 2, 1, 3, 4]); // (B, C', t, h', w')
}

/** The two-layer MLP over channels. (B, C, t, h, w) → (B, C', t, h, w). */
function project(b: Backend, weights: Weights, x: Tensor): Tensor {
  const tokens = b.permute(x, [0, 2, 3, 4, 1]); // (B, t, h, w, C)
  const hidden = b.map('silu', linear(b, weights.at('0'), tokens)); // (B, t, h, w, M)
  return b.permute(linear(b, weights.at('2'), hidden), [0, 4, 1, 2, 3]); // (B, C', t, h, w)
}

function linear(b: Backend, weights: Weights, x: Tensor): Tensor {
  return b.matmul(x, weights.get('weight'), { transposeB: true, bias: weights.get('bias') });
}

function weightsOf(projections: Weights | undefined, name: string): Weights {
  if (projections === undefined) {
    throw new ArgumentError('quantizer.projections', `weights of ${name}, as use_learnable_dim_proj is 1`, projections);
  }
  return projections.at(name);
}
