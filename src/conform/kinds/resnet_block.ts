/** `x<i>`, with or without `z<i>` → `y<i>`. Spec V3, V6. */

import { residualBlock } from '../../tokenizer/residual-block.ts';
import type { Kind } from '../case.ts';
import { runChunkedLayer } from '../tokenizer-case.ts';

export const resnetBlock: Kind = {
  kind: 'resnet_block',
  steps: { '': 'V3' },
  run(c, b, results) {
    return runChunkedLayer(c, b, results, (w, x, cache, i) => {
      const z = c.hasInput(`z${i}`) ? b.upload(c.input(`z${i}`)) : undefined; // (B, Z, t, h, w)
      return residualBlock(b, w, x, cache, z);
    });
  },
};
