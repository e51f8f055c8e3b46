/** Golden kind `embed_codes`. */

import { residentWeights } from '../../backend/weights.ts';
import { parseTransformer } from '../../model/directory.ts';
import { embedCodes } from '../../transformer/embed.ts';
import type { Kind } from '../case.ts';

export const embedCodesKind: Kind = {
  kind: 'embed_codes',
  steps: { '': 'T2' },
  async run(c, b, results) {
    const model = { config: parseTransformer(c.config), weights: residentWeights(b, c.weights()) };
    const tokens = await embedCodes(b, model, b.upload(c.input('codes')), c.config.count('repeat', 1, 64));
    results.tensor('tokens', await b.read(tokens));
  },
};
