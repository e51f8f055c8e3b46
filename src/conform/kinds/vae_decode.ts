/** `features` → `video`; `stage/<name>/chunk<i>`. Spec V10. */

import { residentWeights } from '../../backend/weights.ts';
import { parseTokenizer } from '../../model/directory.ts';
import { decodeVideo } from '../../tokenizer/decode.ts';
import { makeTokenizer } from '../../tokenizer/tokenizer.ts';
import type { Kind } from '../case.ts';
import { reportStages } from '../tokenizer-case.ts';

export const vaeDecode: Kind = {
  kind: 'vae_decode',
  steps: {
    '': 'V10',
    'stage/conv_in': 'V1',
    'stage/mid': 'V3',
    'stage/up': 'V5',
    'stage/norm_out': 'V6',
  },
  async run(c, b, results) {
    const tokenizer = makeTokenizer(parseTokenizer(c.config), residentWeights(b, c.weights()));
    const features = b.upload(c.input('features')); // (B, 64, t, h, w)
    results.tensor('video', await decodeVideo(reportStages(b, results), tokenizer, features));
  },
};
