/**
 * Golden kind `gqa_attention`. `k_repeated`, the keys copied to every query head, never exists here; it is made
 * for the comparison, to show the order of the groups.
 */

import { UnsupportedError } from '../../errors.ts';
import { attention } from '../../transformer/attention.ts';
import type { Kind } from '../case.ts';

export const gqaAttention: Kind = {
  kind: 'gqa_attention',
  steps: { '': 'T4' },
  async run(c, b, results) {
    const [q, k, v] = ['q', 'k', 'v'].map((name) => b.upload(c.input(name))) as [never, never, never];
    const [batch, kvHeads, length, headDim] = c.input('k').shape as [number, number, number, number];
    const heads = c.config.integer('heads');
    if (Math.abs(c.config.number('scale') - headDim ** -0.5) > 1e-6) {
      throw new UnsupportedError('config.scale: only 1/√head_dim is implemented');
    }
    const single = b.reshape(k, [batch, kvHeads, 1, length, headDim]); // (B, KV, 1, S, D)
    const groups = b.expand(single, [batch, kvHeads, heads / kvHeads, length, headDim]); // (B, KV, G, S, D)
    results.tensor('k_repeated', await b.read(b.reshape(groups, [batch, heads, length, headDim])));
    const y = await attention(b, q, k, v); // (B, H, L, D)
    results.tensor('y', await b.read(b.permute(y, [0, 2, 1, 3])));
  },
};
