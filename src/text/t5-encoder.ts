/**
 * The encoder of T5: embedding, blocks of self-attention and feed-forward, a final norm. All norms are root mean
 * squares without mean or shift; nothing has a bias but the attention scores: the position bias of block 0 is added
 * in every block.
 *
 * Stages: `embeddings`, `position_bias`, `block/<i>` with `attention` and `feed_forward`, `final_layer_norm`.
 *
 * Source: Raffel et al., arXiv 1910.10683; transformers modeling_t5.py:T5Stack.forward. Spec X2. The released
 * pipeline runs it in half precision; here it is float32 like everything.
 */

import type { NdArray } from 'ndarray';
import type { HostTensor } from '../array/host.ts';
import { hostTensor, rowMajor, sameShape } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import { chain } from '../backend/chain.ts';
import type { WeightStore } from '../backend/weights.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { positionBias } from './relative-position.ts';
import { t5Attention } from './t5-attention.ts';
import type { T5Config } from './t5-config.ts';
import { t5FeedForward } from './t5-feed-forward.ts';

/** The lowest float32: after softmax it is 0, and it does not overflow when a score is added. */
const lowest = -3.4028234663852886e38;

/**
 * @param ids (B, L) token ids.
 * @param mask (B, L), 1 where a token is and 0 where padding is; without it all are tokens. Padding does not
 *   change the rows of the tokens.
 * @returns (B, L, d_model), rows of the padding included.
 * @throws ShapeError if ids and mask do not fit, ArgumentError if an id is not in the vocabulary.
 */
export async function t5Encode(
  b: Backend,
  config: T5Config,
  weights: WeightStore,
  ids: NdArray<Int32Array>,
  mask?: HostTensor,
): Promise<Tensor> {
  const rows = rowMajor(ids);
  const [batch, length] = ids.shape as [number, number];
  if (ids.shape.length !== 2 || rows.length === 0) throw new ShapeError('ids', 'shape (B, L), not empty', ids.shape);
  const wrong = rows.find((id) => id < 0 || id >= config.vocab_size);
  if (wrong !== undefined) throw new ArgumentError('ids', `ids below vocab_size ${config.vocab_size}`, wrong);

  const embedded = await b.scope('embeddings', async (b) => {
    const table = (await weights.load(b, 'shared')).get('weight'); // (vocab_size, d_model)
    return b.reshape(b.take(table, rows), [batch, length, config.d_model]); // (B, L, d_model)
  });
  const positions = await b.scope('position_bias', async (b) => {
    const table = await weights.load(b, 'encoder.block.0.layer.0.SelfAttention.relative_attention_bias');
    return positionBias(b, table.get('weight'), length, config.relative_attention_max_distance); // (1, H, L, L)
  });
  const bias = mask === undefined ? positions : b.add(positions, b.upload(maskBias(mask, ids.shape))); // (1|B, H, L, L)

  const blocks = Array.from({ length: config.num_layers }, (_, i) => ({
    name: `block/${i}`,
    run: (b: Backend, x: Tensor) => t5Block(b, config, weights, i, x, bias),
  }));
  const x = await chain(b, embedded, blocks); // (B, L, d_model)
  return b.scope('final_layer_norm', async (b) => {
    const norm = await weights.load(b, 'encoder.final_layer_norm');
    return b.rmsNorm(x, norm.get('weight'), config.layer_norm_epsilon); // (B, L, d_model)
  });
}

async function t5Block(
  b: Backend,
  config: T5Config,
  store: WeightStore,
  index: number,
  x: Tensor,
  bias: Tensor,
): Promise<Tensor> {
  const weights = await store.load(b, `encoder.block.${index}`);
  return chain(b, x, [
    { name: 'attention', run: async (b, x) => t5Attention(b, config, weights.at('layer.0'), x, bias) },
    { name: 'feed_forward', run: async (b, x) => t5FeedForward(b, config, weights.at('layer.1'), x) },
  ]);
}

/** (B, L) of 1 and 0 → (B, 1, 1, L) of 0 and the lowest number, added to the scores of every query. */
function maskBias(mask: HostTensor, shape: readonly number[]): HostTensor {
  if (!sameShape(mask.shape, shape)) throw new ShapeError('mask', `the shape of ids [${shape.join(', ')}]`, mask.shape);
  const [batch, length] = shape as [number, number];
  return hostTensor(rowMajor(mask).map((kept) => (kept === 0 ? lowest : 0)), [batch, 1, 1, length]);
}
