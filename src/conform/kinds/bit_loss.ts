import { hostTensor, rowMajor } from '../../array/host.ts';
import { residentWeights } from '../../backend/weights.ts';
import { parseQuantizer, parseTransformer } from '../../model/directory.ts';
import { scalesFrom } from '../../pyramid/scales.ts';
import { vocabularyOf } from '../../quantizer/vocabulary.ts';
import { bitLoss } from '../../training/bit-loss.ts';
import type { Kind } from '../case.ts';

/** L3: loss and accuracy of every token. */
export const bitLossKind: Kind = {
  kind: 'bit_loss',
  steps: { '': 'L3' },
  async run(c, b, results) {
    const model = { config: parseTransformer(c.config), weights: residentWeights(b, c.weights()) };
    const quantizer = parseQuantizer(c.config);
    const packing = (c.config.unknown('packing') as unknown[]).flatMap((sample) => scalesFrom(sample, 'packing'));
    const labels = packing.map((scale, i) => ({ vocabulary: vocabularyOf(quantizer, scale), bits: c.bytes(`gt/${i}`) }));
    const { loss, accuracy } = await bitLoss(b, model, b.upload(c.input('hidden')), labels); // (1, L)
    for (const [name, value] of [['loss', loss], ['acc', accuracy]] as const) {
      const values = rowMajor(await b.read(value));
      results.tensor(name, hostTensor(values, [values.length]));
    }
  },
};
