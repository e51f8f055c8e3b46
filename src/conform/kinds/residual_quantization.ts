import { residentWeights } from '../../backend/weights.ts';
import type { QuantizerConfig } from '../../model/config.ts';
import { expandSteps } from '../../pyramid/repetition.ts';
import { scalesFrom } from '../../pyramid/scales.ts';
import { scheduleFrom } from '../../pyramid/schedule.ts';
import { residualDecode } from '../../quantizer/residual-decode.ts';
import { residualEncode } from '../../quantizer/residual-encode.ts';
import type { Quantizer } from '../../quantizer/vocabulary.ts';
import type { Case, Kind } from '../case.ts';

/** Q3 to Q5: features → residuals and bits of every step → features. */
export const residualQuantization: Kind = {
  kind: 'residual_quantization',
  steps: { residual: 'Q4', bits: 'Q4', summed_codes: 'Q5' },
  async run(c, b, results) {
    const scales = scalesFrom(c.config.unknown('schedule'), 'config.schedule');
    const schedule = scheduleFrom(scales, c.config.integer('scales_in_one_clip'));
    const steps = expandSteps(schedule, {
      image_scale_repetition: c.config.numbers('image_scale_repetition'),
      video_scale_repetition: c.config.numbers('video_scale_repetition'),
    });
    const quantizer: Quantizer = {
      config: quantizerConfig(c),
      channels: c.config.integer('origin_dim'),
      projections: await residentWeights(b, c.weights()).load(b, ''),
    };
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

function quantizerConfig({ config }: Case): QuantizerConfig {
  return {
    use_two_stage_lfq: config.flag('use_two_stage_lfq'),
    semantic_scale_dim: config.integer('semantic_scale_dim'),
    detail_scale_dim: config.integer('detail_scale_dim'),
    detail_scale_min_tokens: config.integer('detail_scale_min_tokens'),
    use_learnable_dim_proj: config.flag('use_learnable_dim_proj'),
  };
}
