/**
 * Every weight of the transformer and its shape, for checking a checkpoint and for starting a new one.
 *
 * Source: models/infinity.py:Infinity.__init__, models/basic.py. Spec T.
 */

import type { Shape } from '../array/host.ts';
import type { QuantizerConfig, TransformerConfig } from '../model/config.ts';
import { roundHalfEven } from '../pyramid/rounding.ts';

/** Rows of the learned null text, `cfg_uncond`. */
export const NULL_TEXT_ROWS = 512;

export type Head = 'semantic' | 'detail';

/** Weight key of each head. */
export const HEAD_KEYS: Readonly<Record<Head, string>> = { semantic: 'semantic_head2', detail: 'head' };

/** Labels of a bit. */
const LABELS = 2;

/** Key → shape, in the order of the official modules. `sos_token` is stored in checkpoints but never used. */
export function transformerShapes(config: TransformerConfig, quantizer: QuantizerConfig): Map<string, Shape> {
  const { embed_dim: width, text_channels, depth } = config;
  const shapes = new Map<string, Shape>();
  const add = (key: string, out: number, input: number, bias: boolean): void => {
    shapes.set(`${key}.weight`, [out, input]);
    if (bias) shapes.set(`${key}.bias`, [out]);
  };
  shapes.set('cfg_uncond', [NULL_TEXT_ROWS, text_channels]);
  shapes.set('sos_token', [1, 1, width]);
  if (config.simple_text_proj === 1) {
    add('text_proj', width, text_channels, true);
  } else {
    shapes.set('text_norm.weight', [text_channels]);
    add('text_proj.0', width, text_channels, true);
    add('text_proj.2', width, width, true);
  }
  add('word_embed', width, config.codebook_dim ?? quantizer.detail_scale_dim, true);
  shapes.set('norm_hidden_sates.weight', [width]);
  add(HEAD_KEYS.detail, quantizer.detail_scale_dim * LABELS, width, true);
  if (quantizer.use_two_stage_lfq === 1) add(HEAD_KEYS.semantic, quantizer.semantic_scale_dim * LABELS, width, true);

  const headDim = width / config.num_heads;
  const kvWidth = config.num_key_value_heads * headDim;
  const hidden = mlpWidth(config);
  for (let i = 0; i < depth; i++) {
    const key = blockKey(config, i);
    add(`${key}.attn.q_proj`, width, width, config.qwen_qkvo_bias);
    add(`${key}.attn.k_proj`, kvWidth, width, config.qwen_qkvo_bias);
    add(`${key}.attn.v_proj`, kvWidth, width, config.qwen_qkvo_bias);
    add(`${key}.attn.o_proj`, width, width, config.qwen_qkvo_bias);
    shapes.set(`${key}.attn.q_norm.weight`, [headDim]);
    shapes.set(`${key}.attn.k_norm.weight`, [headDim]);
    add(`${key}.mlp.gate_proj`, hidden, width, false);
    add(`${key}.mlp.up_proj`, hidden, width, false);
    add(`${key}.mlp.down_proj`, width, hidden, false);
    shapes.set(`${key}.input_layernorm.weight`, [width]);
    shapes.set(`${key}.post_attention_layernorm.weight`, [width]);
  }
  return shapes;
}

/** Key of block `i`: blocks lie in `block_chunks` equal chunks, or in one list if there is but one chunk. */
export function blockKey({ depth, block_chunks }: TransformerConfig, i: number): string {
  if (block_chunks <= 1) return `blocks.${i}`;
  const perChunk = depth / block_chunks;
  return `block_chunks.${Math.floor(i / perChunk)}.module.${i % perChunk}`;
}

/** Hidden width of the gated MLP: embed_dim·mlp_ratio, to the nearest multiple of 256, halves to even. */
export function mlpWidth({ embed_dim, mlp_ratio }: Pick<TransformerConfig, 'embed_dim' | 'mlp_ratio'>): number {
  return roundHalfEven((embed_dim * mlp_ratio) / 256) * 256;
}
