import { codesOf } from '../../quantizer/codes.ts';
import { flipBits } from '../../quantizer/self-correction.ts';
import type { Kind } from '../case.ts';

/** L1: flipped bits and their codes; without `requant` the given codes stay. */
export const bitSelfCorrection: Kind = {
  kind: 'bit_self_correction',
  steps: { '': 'L1', codes: 'Q2' },
  async run(c, b, results) {
    for (const item of c.config.objects('items')) {
      const strength = item.integer('drawn_integer') * 0.01;
      const flipped = flipBits(c.bytes('bits'), c.input('uniforms'), strength); // (B, t, h, w, d)
      results.tensor(item.string('bits'), flipped);
      const codes = item.flag('requant') === 1 ? codesOf(b, flipped) : b.upload(c.input('codes')); // (B, d, t, h, w)
      results.tensor(item.string('codes'), await b.read(codes));
    }
  },
};
