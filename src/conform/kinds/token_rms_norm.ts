/** Golden kind `token_rms_norm`. */

import type { Kind } from '../case.ts';

export const tokenRmsNorm: Kind = {
  kind: 'token_rms_norm',
  steps: { '': 'T3' },
  async run(c, b, results) {
    const weight = b.upload(c.weights().get('weight')!); // (C)
    const y = b.rmsNorm(b.upload(c.input('x')), weight, c.config.number('eps')); // (B, L, C)
    results.tensor('y', await b.read(y));
  },
};
