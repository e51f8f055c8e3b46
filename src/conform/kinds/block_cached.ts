/** Golden kind `block_cached`: one block called segment by segment with a cache. */

import { residentWeights } from '../../backend/weights.ts';
import { ArgumentError } from '../../errors.ts';
import { block } from '../../transformer/block.ts';
import { KeyValueCache } from '../../transformer/cache.ts';
import type { SegmentId } from '../../transformer/cache.ts';
import type { Fields } from '../../io/fields.ts';
import type { Kind } from '../case.ts';
import { headCounts, ropeInput } from '../transformer-case.ts';

export const blockCached: Kind = {
  kind: 'block_cached',
  steps: { '': 'T5' },
  async run(c, b, results) {
    const w = await residentWeights(b, c.weights()).load(b, '');
    const heads = headCounts(c.config);
    const calls = c.config.objects('calls');
    const cache = new KeyValueCache(referencesOf(calls));
    for (const [i, call] of calls.entries()) {
      const segment = segmentId(call.unknown('scale_ind'));
      const seen = [...call.numbers('visible_scales'), ...call.strings('visible_text')];
      const result = await b.scope(`call${i}`, (b) => {
        const context = { rope: b.upload(ropeInput(c, `rope/${i}`)), past: cache.past(seen, 1)[0] };
        return block(b, w, heads, b.upload(c.input(`x/${i}`)), context);
      });
      results.tensor(`y/${i}`, await b.read(result.y));
      if (!call.boolean('store')) continue;
      if (typeof segment === 'string' || cache.wants(segment)) cache.store(segment, [result.own]);
      if (typeof segment === 'number') cache.release(b, segment);
    }
  },
};

/** For every scale, the scales that its calls see. */
function referencesOf(calls: readonly Fields[]): number[][] {
  const references: number[][] = [];
  for (const call of calls) {
    const segment = segmentId(call.unknown('scale_ind'));
    if (typeof segment === 'number') references[segment] = [...call.numbers('visible_scales')];
  }
  return references;
}

function segmentId(value: unknown): SegmentId {
  if (typeof value === 'string' || typeof value === 'number') return value;
  throw new ArgumentError('scale_ind', 'a name or an index', value);
}
