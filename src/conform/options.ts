/** Official options as cases state them, and the values that alone there are. */

import { UnsupportedError } from '../errors.ts';
import type { Fields } from '../io/fields.ts';
import { RELEASED_CONTEXT } from '../pyramid/clips.ts';
import type { ContextConfig } from '../pyramid/clips.ts';
import type { SelfCorrectionConfig } from '../quantizer/self-correction.ts';

/** L1. Strengths are one text, divided by commas; a single one holds for all scales. */
export function selfCorrectionOf(config: Fields): SelfCorrectionConfig {
  const strengths = String(config.unknown('noise_apply_strength')).split(',').map(Number);
  return {
    noise_apply_strength: strengths.length === 1 ? strengths[0] : strengths,
    ...(config.has('noise_apply_layers') ? { noise_apply_layers: config.integer('noise_apply_layers') } : {}),
    ...(config.has('noise_apply_requant') ? { noise_apply_requant: config.flag('noise_apply_requant') } : {}),
  };
}

/** P3: which scales a scale refers to; as released where the case does not say. */
export function contextOf(config: Fields): ContextConfig {
  const keys = ['context_from_largest_no', 'context_interval', 'context_frames', 'frames_inner_clip'] as const;
  const given = keys.filter((key) => config.has(key));
  const stated: Partial<ContextConfig> = Object.fromEntries(given.map((key) => [key, config.integer(key)]));
  return { ...RELEASED_CONTEXT, ...stated };
}

/** Layers that have no variants here. */
const ONLY: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['norm_type', 'rms'],
  ['down_layer', '3d-dc'],
  ['up_layer', '3d-dc'],
  ['down_norm', true],
  ['up_norm', true],
  ['pad_mode', 'constant'],
  ['use_feat_proj', 2],
  ['align_corners', false],
  ['eps_normalize', 1e-12],
  ['factor', 2],
  ['apply_spatial_patchify', 0],
  ['noise_input', 0],
  ['num_of_label_value', 2],
  ['label_smooth', 0],
]);

/**
 * Refuses a case that states, anywhere in its config, a variant that is not implemented.
 * @throws UnsupportedError naming the field.
 */
export function checkVariants(config: Fields): void {
  for (const key of config.keys) checkField(`${config.where}.${key}`, key, config.unknown(key));
}

function checkField(where: string, key: string, value: unknown): void {
  if (ONLY.has(key) && value !== ONLY.get(key)) {
    throw new UnsupportedError(`${where}: only ${JSON.stringify(ONLY.get(key))} is implemented, the case has ${JSON.stringify(value)}`);
  }
  if (value === null || typeof value !== 'object') return;
  for (const [name, inner] of Object.entries(value)) checkField(`${where}.${name}`, name, inner);
}
