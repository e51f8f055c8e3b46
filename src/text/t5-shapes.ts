/**
 * The weights of a T5 encoder under their published keys. A checkpoint may hold more, all ignored: the decoder,
 * and copies of `shared.weight` under other names.
 */

import type { Shape } from '../array/host.ts';
import type { T5Config } from './t5-config.ts';

/** The table of embeddings, and its name where a checkpoint has only that of the encoder's input. */
export const [EMBEDDING, EMBEDDING_COPY] = ['shared.weight', 'encoder.embed_tokens.weight'];

/** Key → shape of everything that the encoder needs. */
export function t5Shapes(config: T5Config): ReadonlyMap<string, Shape> {
  const { d_model, d_ff, num_heads } = config;
  const inner = num_heads * config.d_kv;
  const shapes = new Map<string, Shape>([
    [EMBEDDING, [config.vocab_size, d_model]],
    ['encoder.final_layer_norm.weight', [d_model]],
    [
      'encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight',
      [config.relative_attention_num_buckets, num_heads],
    ],
  ]);
  const wideners = config.feed_forward_proj === 'gated-gelu' ? ['wi_0', 'wi_1'] : ['wi'];
  for (let i = 0; i < config.num_layers; i++) {
    const [attention, feedForward] = [`encoder.block.${i}.layer.0`, `encoder.block.${i}.layer.1`];
    for (const name of ['q', 'k', 'v']) shapes.set(`${attention}.SelfAttention.${name}.weight`, [inner, d_model]);
    shapes.set(`${attention}.SelfAttention.o.weight`, [d_model, inner]);
    shapes.set(`${attention}.layer_norm.weight`, [d_model]);
    for (const name of wideners) shapes.set(`${feedForward}.DenseReluDense.${name}.weight`, [d_ff, d_model]);
    shapes.set(`${feedForward}.DenseReluDense.wo.weight`, [d_model, d_ff]);
    shapes.set(`${feedForward}.layer_norm.weight`, [d_model]);
  }
  return shapes;
}
