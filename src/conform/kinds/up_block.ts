/** `x<i>` → `y<i>`. Spec V5. */

import { upBlock } from '../../tokenizer/up-block.ts';
import type { Kind } from '../case.ts';
import { runChunkedLayer } from '../tokenizer-case.ts';

export const upBlockKind: Kind = {
  kind: 'up_block',
  steps: { '': 'V5' },
  run(c, b, results) {
    const timeFactor = c.config.has('compress_time') ? c.config.integer('compress_time') : 1;
    const listed = c.config.unknown('split_first');
    const splitFirst: readonly unknown[] = Array.isArray(listed) ? listed : [];
    return runChunkedLayer(c, b, results, (w, x, cache, i) => {
      return upBlock(b, w, x, timeFactor, splitFirst[i] === true, cache);
    });
  },
};
