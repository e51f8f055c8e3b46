/** Golden kind `activations`. */

import type { Kind } from '../case.ts';

export const activations: Kind = {
  kind: 'activations',
  steps: { gelu: 'X2', silu: 'T3' },
  async run(c, b, results) {
    const x = b.upload(c.input('x'));
    results.tensor('gelu_tanh', await b.read(b.map('gelu', x)));
    results.tensor('silu', await b.read(b.map('silu', x)));
  },
};
