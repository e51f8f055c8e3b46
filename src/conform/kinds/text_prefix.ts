/** Golden kind `text_prefix`: without guidance, with the null text, with a negative prompt. */

import { residentWeights } from '../../backend/weights.ts';
import { parseTransformer } from '../../model/directory.ts';
import { guidedPrefix, promptPrefix } from '../../transformer/text-prefix.ts';
import type { Kind } from '../case.ts';

export const textPrefix: Kind = {
  kind: 'text_prefix',
  steps: { '': 'S1', no_guidance: 'T1' },
  async run(c, b, results) {
    const model = { config: parseTransformer(c.config), weights: residentWeights(b, c.weights()) };
    const text = b.upload(c.input('text')); // (L, text_channels)
    const negative = b.upload(c.input('negative')); // (≤ L, text_channels)
    results.tensor('no_guidance', await b.read(await promptPrefix(b, model, text)));
    results.tensor('learned_null', await b.read(await guidedPrefix(b, model, text)));
    results.tensor('negative', await b.read(await guidedPrefix(b, model, text, negative)));
  },
};
