/** Golden kind `frames`: decoded video to bytes, in the official order of channels. */

import { toBytes } from '../../sampler/frames.ts';
import type { Kind } from '../case.ts';

export const framesKind: Kind = {
  kind: 'frames',
  steps: { '': 'S10' },
  run(c, _b, results) {
    results.tensor('bytes', toBytes(c.input('video'), { channels: 'bgr' }));
    return Promise.resolve();
  },
};
