/**
 * Gated feed-forward layer (SwiGLU): y = W_down (silu(W_gate x) ⊙ W_up x), no biases.
 * Source: InfinityStar §3.4; models/basic.py:Qwen3MLP. Spec T3.
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import type { Weights } from '../backend/weights.ts';
import { linear } from './linear.ts';

/** x (…, C) → (…, C), with `w` holding `gate_proj`, `up_proj` and `down_proj`. */
export function gatedMlp(b: Backend, x: Tensor, w: Weights): Tensor {
  const gate = b.map('silu', linear(b, x, w.at('gate_proj'))); // (…, hidden)
  const up = linear(b, x, w.at('up_proj')); // (…, hidden)
  return linear(b, b.mul(gate, up), w.at('down_proj')); // (…, C)
}
