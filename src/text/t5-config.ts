/** Hyper-parameters of a T5 encoder under their names in Hugging Face's `config.json`. Spec X2. */

import { ArgumentError, UnsupportedError } from '../errors.ts';
import type { Fields } from '../io/fields.ts';

export interface T5Config {
  readonly vocab_size: number;
  readonly d_model: number;
  /** Width of a head; num_heads · d_kv need not be d_model. */
  readonly d_kv: number;
  readonly num_heads: number;
  /** Width of the feed-forward layer. */
  readonly d_ff: number;
  readonly num_layers: number;
  /** `relu`: wo·relu(wi·x), the first T5. `gated-gelu`: wo·(gelu(wi_0·x) · wi_1·x), T5 1.1 and Flan-T5. */
  readonly feed_forward_proj: 'relu' | 'gated-gelu';
  readonly relative_attention_num_buckets: number;
  /** Key positions at least so far away share a bucket. */
  readonly relative_attention_max_distance: number;
  readonly layer_norm_epsilon: number;
}

/** Bounds, so that no configuration makes a program run for ever. */
const WIDEST = 2 ** 17;

/**
 * Reads the fields of an encoder; others, the decoder's too, are ignored.
 * @throws ArgumentError if one is missing or out of range, UnsupportedError for another feed-forward layer.
 */
export function readT5Config(fields: Fields): T5Config {
  const positive = (key: string, most: number, least = 1): number => fields.count(key, least, most);
  const number = 'relative_attention_num_buckets';
  const buckets = positive(number, WIDEST, 4);
  if (buckets % 2 !== 0) throw new ArgumentError(`${fields.where}.${number}`, 'an even number', buckets);
  // The defaults of transformers, which old files rely on.
  const feedForward = fields.has('feed_forward_proj') ? fields.string('feed_forward_proj') : 'relu';
  if (feedForward !== 'relu' && feedForward !== 'gated-gelu') {
    throw new UnsupportedError(`${fields.where}.feed_forward_proj: '${feedForward}', not 'relu' or 'gated-gelu'`);
  }
  const far = 'relative_attention_max_distance';
  const epsilon = fields.has('layer_norm_epsilon') ? fields.number('layer_norm_epsilon') : 1e-6;
  if (!(epsilon > 0)) throw new ArgumentError(`${fields.where}.layer_norm_epsilon`, 'a positive number', epsilon);
  return {
    vocab_size: positive('vocab_size', 2 ** 22),
    d_model: positive('d_model', WIDEST),
    d_kv: positive('d_kv', WIDEST),
    num_heads: positive('num_heads', WIDEST),
    d_ff: positive('d_ff', WIDEST),
    num_layers: positive('num_layers', 1024),
    feed_forward_proj: feedForward,
    relative_attention_num_buckets: buckets,
    relative_attention_max_distance: fields.has(far) ? positive(far, 2 ** 24, Math.floor(buckets / 4) + 1) : 128,
    layer_norm_epsilon: epsilon,
  };
}
