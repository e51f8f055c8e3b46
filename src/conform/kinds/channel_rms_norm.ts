/** `x` → `y`. Spec V2. */

import { residentWeights } from '../../backend/weights.ts';
import { channelNorm } from '../../tokenizer/channel-norm.ts';
import type { Kind } from '../case.ts';

export const channelRmsNorm: Kind = {
  kind: 'channel_rms_norm',
  steps: { '': 'V2' },
  async run(c, b, results) {
    const w = await residentWeights(b, c.weights()).load(b, '');
    results.tensor('y', await b.read(channelNorm(b, w.get('gamma'), b.upload(c.input('x')))));
  },
};
