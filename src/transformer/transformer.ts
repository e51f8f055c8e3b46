/**
 * The spacetime autoregressive transformer: runs all blocks over one segment of the sequence.
 *
 * A segment is the text, a condition or one scale of one clip. It sees the keys of the earlier segments that
 * are passed in and itself. Each block loads its weights in its own scope, so that a streaming store holds one
 * block's weights at a time, and leaves nothing behind but its output and, if wanted, its keys and values.
 *
 * Source: InfinityStar §3.4; models/infinity.py:Infinity (block_chunks). Spec T3–T5.
 */

import type { Backend, Tensor } from '../backend/backend.ts';
import { checkShapes } from '../backend/weights.ts';
import type { WeightStore } from '../backend/weights.ts';
import type { QuantizerConfig, TransformerConfig } from '../model/config.ts';
import type { RopeConfig } from '../rope/frequencies.ts';
import { block } from './block.ts';
import type { KeyValue } from './self-attention.ts';
import { blockKey, transformerShapes } from './shapes.ts';

export interface Transformer {
  readonly config: TransformerConfig;
  /** Under the official state_dict keys. */
  readonly weights: WeightStore;
}

/** @throws WeightError if a weight is missing or of another shape. */
export function makeTransformer(
  config: TransformerConfig,
  quantizer: QuantizerConfig,
  weights: WeightStore,
): Transformer {
  checkShapes(weights, transformerShapes(config, quantizer));
  return { config, weights };
}

export interface Segment {
  /** (B, L, C): embedded text or codes. */
  readonly tokens: Tensor;
  /** (2, L, D/2) */
  readonly rope: Tensor;
  /** For every block, what the segment sees besides itself. */
  readonly past?: readonly (readonly KeyValue[])[];
  /** (L, S) additive, for training. */
  readonly mask?: Tensor;
  /** Whether to return the keys and values, for later segments. */
  readonly keep: boolean;
}

export interface SegmentResult {
  /** (B, L, C): output of the last block, before the final norm. */
  readonly hidden: Tensor;
  /** Per block; empty unless `keep`. */
  readonly kept: readonly KeyValue[];
}

/** Runs the blocks over a segment. */
export async function runBlocks(b: Backend, { config, weights }: Transformer, s: Segment): Promise<SegmentResult> {
  let hidden = s.tokens; // (B, L, C)
  const kept: KeyValue[] = [];
  for (let i = 0; i < config.depth; i++) {
    const key = blockKey(config, i);
    const x = hidden; // a stage reads no variable that changes after it, so that it can run again
    const result = await b.scope(`block${i}`, async (b) => {
      const w = await weights.load(b, key);
      const context = {
        rope: s.rope,
        past: s.past?.[i] ?? [],
        ...(s.mask === undefined ? {} : { mask: s.mask }),
      };
      const { y, own } = await block(b, w, config, x, context);
      return s.keep ? { y, own } : { y };
    });
    if (x !== s.tokens) b.free(x);
    hidden = result.y; // (B, L, C)
    if (result.own !== undefined) kept.push(result.own);
  }
  return { hidden, kept };
}

/** The rotary embedding's share of the configuration. */
export function ropeConfig({ embed_dim, num_heads, text_maxlen }: TransformerConfig): RopeConfig {
  return { head_dim: embed_dim / num_heads, text_maxlen };
}
