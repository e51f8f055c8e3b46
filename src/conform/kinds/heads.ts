/** Golden kind `heads`: final norm and both heads. */

import { residentWeights } from '../../backend/weights.ts';
import { parseTransformer } from '../../model/directory.ts';
import { logits } from '../../transformer/heads.ts';
import type { Kind } from '../case.ts';

export const headsKind: Kind = {
  kind: 'heads',
  steps: { '': 'T6' },
  async run(c, b, results) {
    const model = { config: parseTransformer(c.config), weights: residentWeights(b, c.weights()) };
    const x = b.upload(c.input('x')); // (B, L, C)
    results.tensor('semantic', await b.read(await logits(b, model, x, 'semantic')));
    results.tensor('detail', await b.read(await logits(b, model, x, 'detail')));
  },
};
