/** `x` in chunks along time → `y<i>`, `cache<i>`; `y_single_pass` in one. Spec V1. */

import type { Tensor } from '../../backend/backend.ts';
import { residentWeights } from '../../backend/weights.ts';
import { causalConv } from '../../tokenizer/causal-conv.ts';
import type { Kind } from '../case.ts';

export const causalConv3d: Kind = {
  kind: 'causal_conv3d',
  steps: { '': 'V1' },
  async run(c, b, results) {
    const w = await residentWeights(b, c.weights()).load(b, '');
    const x = b.upload(c.input('x')); // (B, C, T, H, W)
    let cache: Tensor | undefined;
    let start = 0;
    for (const [i, frames] of c.config.numbers('chunks').entries()) {
      const result = causalConv(b, w, b.slice(x, 2, start, start + frames), cache); // (B, O, frames, H, W)
      results.tensor(`y${i}`, await b.read(result.y));
      results.tensor(`cache${i}`, await b.read(result.cache));
      cache = result.cache;
      start += frames;
    }
    results.tensor('y_single_pass', await b.read(causalConv(b, w, x).y));
  },
};
