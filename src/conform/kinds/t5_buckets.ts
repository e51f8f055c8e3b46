import { hostTensor } from '../../array/host.ts';
import { UnsupportedError } from '../../errors.ts';
import { relativePositionBucket } from '../../text/relative-position.ts';
import type { Kind } from '../case.ts';
import { checkAmount } from '../expected.ts';

/** X2: the bucket of every relative position from `from` to `to`. */
export const t5Buckets: Kind = {
  kind: 't5_buckets',
  steps: { '': 'X2' },
  async run(c, _b, results) {
    const from = c.config.integer('from');
    const count = Math.max(0, c.config.integer('to') - from + 1);
    checkAmount(c, count * c.config.objects('items').length);
    c.config.objects('items').forEach((item, i) => {
      if (!item.boolean('bidirectional')) throw new UnsupportedError(`${item.where}: an encoder looks both ways`);
      const [buckets, far] = [item.integer('num_buckets'), item.integer('max_distance')];
      const values = Int32Array.from({ length: count }, (_, k) => relativePositionBucket(from + k, buckets, far));
      results.tensor(`bucket${i}`, hostTensor(values, [count]));
    });
  },
};
