import { ArgumentError } from '../../errors.ts';
import { codesOf } from '../../quantizer/codes.ts';
import { flipBits, scaleStrengths, strengthDraws } from '../../quantizer/self-correction.ts';
import type { Kind } from '../case.ts';
import { selfCorrectionOf } from '../options.ts';

/** L1: flipped bits and their codes; without `requant` the given codes stay. */
export const bitSelfCorrection: Kind = {
  kind: 'bit_self_correction',
  steps: { '': 'L1', codes: 'Q2' },
  async run(c, b, results) {
    for (const item of c.config.objects('items')) {
      const drawn = item.integer('drawn_integer');
      const scale = item.integer('scale_index');
      const limit = strengthDraws(scaleStrengths(selfCorrectionOf(item), scale + 1)[scale]);
      if (!(drawn < limit) || limit !== item.number('exclusive_upper_bound_of_draw')) throw new ArgumentError('drawn_integer', `below ${limit}`, drawn);
      const flipped = flipBits(c.bytes('bits'), c.input('uniforms'), drawn * 0.01); // (B, t, h, w, d)
      results.tensor(item.string('bits'), flipped);
      const codes = item.flag('requant') === 1 ? codesOf(b, flipped) : b.upload(c.input('codes')); // (B, d, t, h, w)
      results.tensor(item.string('codes'), await b.read(codes));
    }
  },
};
