/** `x<i>` → `y<i>`. Spec V4. */

import { downBlock } from '../../tokenizer/down-block.ts';
import type { Kind } from '../case.ts';
import { runChunkedLayer } from '../tokenizer-case.ts';

export const downBlockKind: Kind = {
  kind: 'down_block',
  steps: { '': 'V4' },
  run(c, b, results) {
    const timeFactor = c.config.has('compress_time') ? c.config.integer('compress_time') : 1;
    return runChunkedLayer(c, b, results, (w, x, cache) => downBlock(b, w, x, timeFactor, cache));
  },
};
