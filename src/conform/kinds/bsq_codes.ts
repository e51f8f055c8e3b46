import { codesOf } from '../../quantizer/codes.ts';
import type { Kind } from '../case.ts';

/** Q2 alone. */
export const bsqCodes: Kind = {
  kind: 'bsq_codes',
  steps: { '': 'Q2' },
  async run(c, b, results) {
    const bits = c.bytes('bits'); // (B, t, h, w, d)
    results.tensor('codes', await b.read(codesOf(b, bits))); // (B, d, t, h, w)
  },
};
