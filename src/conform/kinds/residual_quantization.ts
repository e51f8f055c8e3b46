import { residentWeights } from '../../backend/weights.ts';
import { residualDecode } from '../../quantizer/residual-decode.ts';
import { residualEncode } from '../../quantizer/residual-encode.ts';
import type { Kind } from '../case.ts';
import { quantizationOf } from '../quantization-case.ts';

/** Q3 to Q5: features → residuals and bits of every step → features. */
export const residualQuantization: Kind = {
  kind: 'residual_quantization',
  steps: { residual: 'Q4', bits: 'Q4', summed_codes: 'Q5' },
  async run(c, b, results) {
    const { schedule, steps, quantizer } = quantizationOf(c, await residentWeights(b, c.weights()).load(b, ''));
    const features = b.upload(c.input('features')); // (B, C, T, H, W)
    const encoding = await residualEncode(b, quantizer, schedule, steps, features, { keepTensors: () => true });
    for (const [k, { residual, bits }] of encoding.steps.entries()) {
      results.tensor(`residual/${k}`, await b.read(residual!)); // (B, d, t, h, w)
      results.tensor(`bits/${k}`, bits); // (B, t, h, w, d)
    }
    const summed = await residualDecode(b, quantizer, schedule, encoding.steps); // (B, C, T, H, W)
    results.tensor('summed_codes', await b.read(summed));
  },
};
