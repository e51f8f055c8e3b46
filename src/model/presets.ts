/**
 * The released models: sizes and every setting of their inference scripts.
 *
 *   480p      tools/infer_video_480p.py: pictures, videos of 5 and 10 s, continuation
 *   720p      tools/infer_video_720p.py: pictures, videos of 5 s
 *   interact  tools/infer_interact_480p.py: videos that are continued under new prompts
 *
 * Further sources: models/infinity.py:infinity_qwen8b, videovae/models/load_vae_bsq_wan_absorb_patchify.py,
 * utils/arg_util.py for what the scripts leave at its default.
 */

import { ArgumentError } from '../errors.ts';
import type { SamplingConfig, TokenizerConfig, TransformerConfig } from './config.ts';
import type { ModelConfig } from './directory.ts';

/** infinitystar_videovae.pth */
const tokenizer: TokenizerConfig = {
  in_channels: 3,
  out_channels: 3,
  latent_channels: 16,
  block_out_channels: [96, 192, 384, 384, 384],
  layers_per_block: 2,
  spatial_compression_list: [2, 2, 2],
  temporal_compression_list: [2, 2],
};

/** infinity_qwen8b */
const transformer: TransformerConfig = {
  embed_dim: 4096,
  depth: 36,
  block_chunks: 6,
  num_heads: 32,
  num_key_value_heads: 8,
  mlp_ratio: 4,
  qwen_qkvo_bias: false,
  text_channels: 2048,
  text_maxlen: 512,
  simple_text_proj: 1,
};

const quantizer = {
  use_two_stage_lfq: 1,
  semantic_scale_dim: 16,
  detail_scale_dim: 64,
  use_learnable_dim_proj: 0,
} as const;

const schedule = { frames_inner_clip: 20, duration_resolution: 4, fps: 16 };

const context = { context_from_largest_no: 1, context_interval: 2, context_frames: 10000, frames_inner_clip: 20 };

/** infinity/schedules/infinity_star_interact.py */
const interact = { semantic_scale_ind: 7, detail_frame_inds: [18, 19] };

const textToVideo: Omit<SamplingConfig, 'image_scale_repetition' | 'video_scale_repetition' | 'semantic_scales'> = {
  max_repeat_times: 10000,
  use_cfg: 0,
  use_apg: 1,
  cfg: 34,
  apg_norm_threshold: 0.05,
  tau_image: 1,
  tau_video: 0.4,
  append_duration2caption: 1,
  prompt_suffix: ', Close-up on big objects, emphasize scale and detail',
};

/** `3` for the first scales, then the given repetitions. */
function threes(scales: number, ...last: number[]): number[] {
  return [...Array<number>(scales).fill(3), ...last];
}

const released: readonly ModelConfig[] = [
  {
    name: 'infinitystar-8b-480p',
    tokenizer,
    transformer,
    quantizer: { ...quantizer, detail_scale_min_tokens: 350 },
    schedule: { ...schedule, pn: '0.40M', video_frames: 161 },
    context,
    sampling: {
      ...textToVideo,
      image_scale_repetition: threes(14),
      video_scale_repetition: threes(12, 2, 1),
      semantic_scales: 11,
    },
    interact,
  },
  {
    name: 'infinitystar-8b-720p',
    tokenizer,
    transformer,
    quantizer: { ...quantizer, detail_scale_min_tokens: 750 },
    schedule: { ...schedule, pn: '0.90M', video_frames: 81 },
    context,
    sampling: {
      ...textToVideo,
      image_scale_repetition: threes(15),
      video_scale_repetition: threes(12, 2, 1, 1),
      semantic_scales: 12,
    },
    interact,
  },
  {
    name: 'infinitystar-8b-interact',
    tokenizer,
    transformer,
    quantizer: { ...quantizer, detail_scale_min_tokens: 350 },
    schedule: { ...schedule, pn: '0.40M', video_frames: 161 },
    context: { ...context, context_frames: 1000 },
    sampling: {
      image_scale_repetition: threes(12, 2, 1),
      video_scale_repetition: threes(12, 2, 1),
      semantic_scales: 11,
      max_repeat_times: 1000,
      use_cfg: 1,
      use_apg: 0,
      cfg: 3,
      apg_norm_threshold: 0.05,
      tau_image: 0.5,
      tau_video: 0.5,
      append_duration2caption: 1,
      prompt_suffix: '',
    },
    interact,
  },
];

/** By the name after the last dash. */
export const PRESETS: ReadonlyMap<string, ModelConfig> = new Map(
  released.map((config) => [config.name.slice(config.name.lastIndexOf('-') + 1), config]),
);

/** @throws ArgumentError naming the presets that there are. */
export function presetConfig(name: string): ModelConfig {
  const config = PRESETS.get(name);
  if (config === undefined) throw new ArgumentError('preset', `one of ${[...PRESETS.keys()].join(', ')}`, name);
  return config;
}
