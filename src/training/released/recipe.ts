/**
 * Recipes of the official training scripts (scripts/train_480p.sh, train_720p.sh), with the options under their official
 * names; what a script leaves at its default (utils/arg_util.py) is written out. What is not here has no effect on what is
 * learned: how memory and machines are shared, logs, formats.
 */

import { ArgumentError } from '../../errors.ts';
import { Fields } from '../../io/fields.ts';
import { parseStrictJson } from '../../io/strict-json.ts';
import { readWhole } from '../../io/files.ts';
import type { SelfCorrectionConfig } from '../../quantizer/self-correction.ts';
import type { ReweightConfig } from '../reweight.ts';
import { atLeast, positive, share, whole } from '../run/recipe-fields.ts';
import { recipePath } from '../run/read-recipe.ts';
import type { CaptionDraws } from './caption-draws.ts';
import type { Durations } from './durations.ts';
import type { PartialScales } from './select-scales.ts';

export interface ReleasedRecipe extends PartialScales, Durations, CaptionDraws, SelfCorrectionConfig, ReweightConfig {
  readonly steps: number;
  /** Learning rate, constant after so many steps of warm-up. */
  readonly tlr: number;
  readonly wp_it: number;
  /** Sequences whose gradients make one step. */
  readonly ac: number;
  /** Betas of AdamW. */
  readonly ada: readonly [number, number];
  readonly grad_clip: number;
  /** Of the moving average; 0: none, the released setting. */
  readonly model_ema_decay: number;
  /** Share of captions that are dropped. */
  readonly cfg: number;
  readonly inner_scale_boost: 0 | 1;
  /** 1: a sample alone may be longer than a sequence, and is then trained on in part. */
  readonly allow_less_one_elem_in_seq: 0 | 1;
  readonly pad_to_multiplier: number;
  readonly seq_pack_bucket: number;
  /** 1: two clips with a caption each; the second one sees the first as in interactive generation, with noise. */
  readonly interactive: 0 | 1;
  /** Of those, train on the second clip alone. */
  readonly train_second_clip_only: 0 | 1;
}

const FLAGS = [
  'inner_scale_boost', 'allow_less_one_elem_in_seq', 'interactive', 'train_second_clip_only', 'noise_apply_requant',
  'noise_apply_random_one', 'enable_dynamic_length_prompt', 'append_duration2caption', 'drop_long_video', 'train_with_var_seq_len',
  'drop_720p_last_scale',
] as const;

const OTHERS = [
  'steps', 'tlr', 'wp_it', 'ac', 'ada', 'grad_clip', 'model_ema_decay', 'cfg', 'pad_to_multiplier', 'seq_pack_bucket',
  'noise_apply_strength', 'noise_apply_layers', 'short_cap_prob', 'reweight_loss_by_scale', 'max_reweight_value', 'duration_resolution',
  'min_video_frames', 'video_frames', 'video_var_len_prob', 'train_192pshort', 'train_max_token_len',
];

/** @throws FileError if there is no such recipe or it is no JSON, ArgumentError naming the field that is wrong. */
export async function readReleasedRecipe(recipe: string): Promise<ReleasedRecipe> {
  const path = recipePath(recipe);
  return parseReleasedRecipe(parseStrictJson(await readWhole(path, 2 ** 20), path), path);
}

/** @throws ArgumentError naming the field that is wrong. */
export function parseReleasedRecipe(value: unknown, where: string): ReleasedRecipe {
  const fields = new Fields(value, where);
  fields.only(...FLAGS, ...OTHERS);
  const betas = list(fields, 'ada', (value) => value >= 0 && value < 1);
  if (betas.length !== 2) throw new ArgumentError(`${where}.ada`, 'two betas', betas);
  const strength = fields.unknown('noise_apply_strength');
  const weights = list(fields, 'video_var_len_prob', (value) => value >= 0);
  if (weights.every((weight) => weight === 0)) throw new ArgumentError(`${where}.video_var_len_prob`, 'a weight above 0', weights);
  const flags = Object.fromEntries(FLAGS.map((key) => [key, fields.flag(key)])) as Record<(typeof FLAGS)[number], 0 | 1>;
  return {
    ...flags,
    steps: whole(fields, 'steps', 1),
    tlr: positive(fields, 'tlr'),
    wp_it: whole(fields, 'wp_it', 0),
    ac: whole(fields, 'ac', 1, 1e4),
    ada: [betas[0], betas[1]],
    grad_clip: atLeast(fields, 'grad_clip', 0),
    model_ema_decay: share(fields, 'model_ema_decay'),
    cfg: share(fields, 'cfg'),
    pad_to_multiplier: whole(fields, 'pad_to_multiplier', 1, 1e5),
    seq_pack_bucket: whole(fields, 'seq_pack_bucket', 1),
    noise_apply_strength: Array.isArray(strength) ? list(fields, 'noise_apply_strength', (value) => value <= 1) : atLeast(fields, 'noise_apply_strength', -1),
    noise_apply_layers: whole(fields, 'noise_apply_layers', 0),
    short_cap_prob: share(fields, 'short_cap_prob'),
    reweight_loss_by_scale: atLeast(fields, 'reweight_loss_by_scale', 0),
    max_reweight_value: positive(fields, 'max_reweight_value'),
    duration_resolution: positive(fields, 'duration_resolution'),
    min_video_frames: whole(fields, 'min_video_frames', -1),
    video_frames: whole(fields, 'video_frames', 1, 1e6),
    video_var_len_prob: weights,
    train_192pshort: whole(fields, 'train_192pshort', 0, 1000),
    train_max_token_len: whole(fields, 'train_max_token_len', -1),
  };
}

function list(fields: Fields, key: string, fits: (value: number) => boolean): readonly number[] {
  const values = fields.numbers(key);
  if (values.length === 0 || !values.every((value) => Number.isFinite(value) && fits(value))) {
    throw new ArgumentError(`${fields.where}.${key}`, 'numbers within their bounds', values);
  }
  return values;
}
