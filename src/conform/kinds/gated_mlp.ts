/** Golden kind `gated_mlp`. */

import { residentWeights } from '../../backend/weights.ts';
import { gatedMlp } from '../../transformer/gated-mlp.ts';
import type { Kind } from '../case.ts';

export const gatedMlpKind: Kind = {
  kind: 'gated_mlp',
  steps: { '': 'T3' },
  async run(c, b, results) {
    const w = await residentWeights(b, c.weights()).load(b, '');
    results.tensor('y', await b.read(gatedMlp(b, b.upload(c.input('x')), w)));
  },
};
