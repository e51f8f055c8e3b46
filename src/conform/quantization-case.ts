/** What a case of residual quantization sets: schedule, steps and quantizer. */

import type { Weights } from '../backend/weights.ts';
import type { QuantizerConfig } from '../model/config.ts';
import { expandSteps } from '../pyramid/repetition.ts';
import type { Step } from '../pyramid/repetition.ts';
import { scalesFrom } from '../pyramid/scales.ts';
import { scheduleFrom } from '../pyramid/schedule.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import type { Quantizer } from '../quantizer/vocabulary.ts';
import type { Case } from './case.ts';

export interface Quantization {
  readonly schedule: Schedule;
  readonly steps: readonly Step[];
  readonly quantizer: Quantizer;
}

/** @param projections the case's weights, already where they are computed with. */
export function quantizationOf(c: Case, projections: Weights): Quantization {
  const scales = scalesFrom(c.config.unknown('schedule'), 'config.schedule');
  const schedule = scheduleFrom(scales, c.config.integer('scales_in_one_clip'));
  const steps = expandSteps(schedule, {
    image_scale_repetition: c.config.numbers('image_scale_repetition'),
    video_scale_repetition: c.config.numbers('video_scale_repetition'),
  });
  return { schedule, steps, quantizer: { config: quantizerConfig(c), channels: c.config.integer('origin_dim'), projections } };
}

function quantizerConfig({ config }: Case): QuantizerConfig {
  return {
    use_two_stage_lfq: config.flag('use_two_stage_lfq'),
    semantic_scale_dim: config.integer('semantic_scale_dim'),
    detail_scale_dim: config.integer('detail_scale_dim'),
    detail_scale_min_tokens: config.integer('detail_scale_min_tokens'),
    use_learnable_dim_proj: config.flag('use_learnable_dim_proj'),
  };
}
