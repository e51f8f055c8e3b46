/** Golden kind `block`: one block without cache; `attn_out` is what the stage `attention` returns. */

import { observe } from '../../backend/observe.ts';
import { residentWeights } from '../../backend/weights.ts';
import { block } from '../../transformer/block.ts';
import type { Attended } from '../../transformer/self-attention.ts';
import type { Kind } from '../case.ts';
import { headCounts, ropeInput } from '../transformer-case.ts';

export const blockKind: Kind = {
  kind: 'block',
  steps: { '': 'T3', attn_out: 'T4' },
  async run(c, b, results) {
    const w = await residentWeights(b, c.weights()).load(b, '');
    const watched = observe(b, async (path, value, b) => {
      if (path === 'attention') results.tensor('attn_out', await b.read((value as Attended).y));
    });
    const context = { rope: b.upload(ropeInput(c, 'rope')) };
    const { y } = await block(watched, w, headCounts(c.config), b.upload(c.input('x')), context);
    results.tensor('y', await b.read(y));
  },
};
