/** What the golden kind `train_step` reads from its case: the stored draws, the samples, the limits. */

import { rowMajor } from '../array/host.ts';
import type { Backend } from '../backend/backend.ts';
import { residentWeights } from '../backend/weights.ts';
import { ArgumentError } from '../errors.ts';
import { parseQuantizer } from '../model/directory.ts';
import { scalesFrom } from '../pyramid/scales.ts';
import { scheduleFrom } from '../pyramid/schedule.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import { fullSize } from '../quantizer/running-code.ts';
import { strengthDraws } from '../quantizer/self-correction.ts';
import type { Quantizer } from '../quantizer/vocabulary.ts';
import type { TrainingDraws } from '../training/draws.ts';
import type { Sample } from '../training/pack.ts';
import { trainingScales } from '../training/training-scales.ts';
import type { TrainingScale } from '../training/training-scales.ts';
import type { Case } from './case.ts';
import { contextOf, selfCorrectionOf } from './options.ts';

export interface TrainingSample extends Sample {
  readonly schedule: Schedule;
  readonly scales: readonly TrainingScale[];
}

/**
 * Every draw is an input of the case, in order. Strengths are stored as they came out, whatever scales had errors.
 * @throws ArgumentError (in `strength`) for a strength beyond those of the case.
 */
export function storedDraws(c: Case): TrainingDraws {
  const next = { repetition: 0, strength: 0, flips: 0, drop: 0 };
  const limit = strengthDraws(Math.max(...[selfCorrectionOf(c.config).noise_apply_strength].flat()));
  const strength = (): number => {
    const drawn = c.input('strength_integer').data[next.strength++];
    if (!(drawn >= 0 && drawn < limit)) throw new ArgumentError('strength_integer', `0 to ${limit - 1}`, drawn);
    return drawn;
  };
  return {
    repetition: () => c.input('select_repeat').data[next.repetition++],
    scale: () => 0,
    strength,
    flips: () => rowMajor(c.input(`mask_uniforms/${next.flips++}`)),
    drop: () => (c.hasInput('drop_uniforms') ? c.input('drop_uniforms').data[next.drop++] : 1),
  };
}

/** Encodes the samples of the case. */
export async function trainingSamples(c: Case, b: Backend, draws: TrainingDraws): Promise<TrainingSample[]> {
  const { config } = c;
  const model = config.child('model');
  const context = contextOf(config);
  const errors = { ...selfCorrectionOf(config), noise_apply_random_one: 0 } as const; // strengths are stored as drawn
  const repetition = {
    image_scale_repetition: model.numbers('image_scale_repetition'),
    video_scale_repetition: model.numbers('video_scale_repetition'),
  };
  const selected = config.has('selected_scales') ? new Set(config.numbers('selected_scales')) : undefined;
  const samples: TrainingSample[] = [];
  for (const [i, list] of (config.unknown('sample_schedules') as unknown[]).entries()) {
    const schedule = scheduleFrom(scalesFrom(list, 'sample_schedules'), config.integer('scales_in_one_clip'));
    const features = b.upload(c.input(`features/${i}`)); // (1, C, T, H, W)
    const quantizer = await quantizerOf(c, b, features.shape[1]);
    const fitting = (config.unknown('packing_used') as unknown[][])[i].length;
    const scales = await trainingScales(b, quantizer, schedule, features, draws, {
      repetition,
      context,
      errors,
      ...(config.has('inner_scale_boost') ? { inner_scale_boost: config.flag('inner_scale_boost') } : {}),
      ...(selected === undefined ? { scales: fitting } : {}),
    });
    samples.push({
      schedule,
      scales: selected === undefined ? scales : scales.filter(({ si }) => selected.has(si)),
      fullSize: fullSize(schedule),
      textLength: config.numbers('text_lens')[i],
    });
  }
  return samples;
}

/** The quantizer of a case; learned projections are weights of the case. */
async function quantizerOf(c: Case, b: Backend, channels: number): Promise<Quantizer> {
  const own = c.config.has('use_learnable_dim_proj') ? { use_learnable_dim_proj: c.config.flag('use_learnable_dim_proj') } : {};
  const config = { ...parseQuantizer(c.config.child('model')), ...own };
  const projections = config.use_learnable_dim_proj === 1 ? { projections: await residentWeights(b, c.weights()).load(b, '') } : {};
  return { channels, config, ...projections };
}

/** Tokens of the padded sequence. */
export function paddedLength(c: Case, samples: readonly Sample[]): number {
  const limit = c.config.integer('train_max_token_len');
  if (!c.config.has('pad_to_multiplier') || limit > 0) return limit;
  const visual = samples.flatMap(({ scales }) => scales.map(({ scale: [t, h, w] }) => t * h * w));
  const used = [...visual, ...samples.map(({ textLength }) => textLength)].reduce((sum, n) => sum + n, 0);
  const multiple = c.config.integer('pad_to_multiplier');
  return Math.ceil(used / multiple) * multiple;
}
