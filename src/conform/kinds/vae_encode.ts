/** `video` (and `noise`) → `features`; `stage/<name>/chunk<i>`. Spec V9. */

import { residentWeights } from '../../backend/weights.ts';
import { parseTokenizer } from '../../model/directory.ts';
import { encodeVideo } from '../../tokenizer/encode.ts';
import { makeTokenizer } from '../../tokenizer/tokenizer.ts';
import type { Kind } from '../case.ts';
import { reportStages } from '../tokenizer-case.ts';

export const vaeEncode: Kind = {
  kind: 'vae_encode',
  steps: {
    '': 'V9',
    'stage/conv_in': 'V1',
    'stage/down': 'V4',
    'stage/mid': 'V3',
    'stage/norm_out': 'V2',
  },
  async run(c, b, results) {
    const tokenizer = makeTokenizer(parseTokenizer(c.config), residentWeights(b, c.weights()));
    const noise = c.hasInput('noise') ? c.input('noise') : undefined;
    const features = await encodeVideo(reportStages(b, results), tokenizer, c.input('video'), noise);
    results.tensor('features', await b.read(features));
  },
};
