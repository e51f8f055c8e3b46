/**
 * Sizes of models, as configurations; small and large are compared with the official PyTorch code.
 *
 *   tiny    32×32, 17 frames: width 64, 2 blocks, two scales (for software devices, and for tests)
 *   small   64×64, 17 frames: width 128, 6 blocks, four scales with repetitions 2, 2, 2, 1 (the size of the shipped model)
 *   large   256×144, 81 frames: width 512, 8 blocks, sixteen scales without repetitions, one clip of 20 latents
 *
 * All with guidance, so that every step has two rows. Weights are drawn from a seed: time does not depend on them.
 */

import type { ModelConfig } from '../src/model/directory.ts';
import { CELL_PIXELS } from '../src/pyramid/scales.ts';
import type { Size } from '../src/pyramid/scales.ts';

export const TEXT_TOKENS = 10;

const quantizer = { use_two_stage_lfq: 1, semantic_scale_dim: 16, detail_scale_dim: 64, use_learnable_dim_proj: 0 } as const;

const tokenizer = {
  in_channels: 3,
  out_channels: 3,
  latent_channels: 16,
  spatial_compression_list: [2, 2, 2],
  temporal_compression_list: [2, 2],
};

const transformer = {
  block_chunks: 1,
  mlp_ratio: 4,
  qwen_qkvo_bias: false,
  text_maxlen: 512,
  simple_text_proj: 1,
} as const;

const sampling = {
  max_repeat_times: 10000,
  use_cfg: 1,
  use_apg: 0,
  cfg: 3,
  apg_norm_threshold: 0.05,
  tau_image: 1,
  tau_video: 0.7,
  append_duration2caption: 0,
  prompt_suffix: '',
} as const;

const context = { context_from_largest_no: 1, context_interval: 2, context_frames: 1000 };

const small: ModelConfig = {
  name: 'small',
  tokenizer: { ...tokenizer, block_out_channels: [8, 16, 32, 64, 64], layers_per_block: 1 },
  quantizer: { ...quantizer, detail_scale_min_tokens: 16 },
  transformer: { ...transformer, embed_dim: 128, depth: 6, num_heads: 4, num_key_value_heads: 2, text_channels: 32 },
  schedule: { scales: [[1, 1], [2, 2], [3, 3], [4, 4]], frames_inner_clip: 4, duration_resolution: 4, video_frames: 17, fps: 8 },
  context: { ...context, frames_inner_clip: 4 },
  sampling: { ...sampling, image_scale_repetition: [2, 2, 2, 1], video_scale_repetition: [2, 2, 2, 1], semantic_scales: 3 },
  interact: { semantic_scale_ind: 1, detail_frame_inds: [2, 3] },
};

const tiny: ModelConfig = {
  name: 'tiny',
  tokenizer: { ...tokenizer, block_out_channels: [8, 8, 16, 16], layers_per_block: 1 },
  quantizer: { ...quantizer, detail_scale_min_tokens: 4 },
  transformer: { ...transformer, embed_dim: 64, depth: 2, num_heads: 4, num_key_value_heads: 2, text_channels: 32 },
  schedule: { scales: [[1, 1], [2, 2]], frames_inner_clip: 4, duration_resolution: 4, video_frames: 17, fps: 8 },
  context: { ...context, frames_inner_clip: 4 },
  sampling: { ...sampling, image_scale_repetition: [2, 1], video_scale_repetition: [2, 1], semantic_scales: 1 },
  interact: { semantic_scale_ind: 0, detail_frame_inds: [2, 3] },
};

/** Widths 1 … 16 at 9 : 16. */
const largeScales = Array.from({ length: 16 }, (_, i): Size => [Math.max(1, Math.round(((i + 1) * 9) / 16)), i + 1]);
const once = largeScales.map(() => 1);

const large: ModelConfig = {
  name: 'large',
  tokenizer: { ...tokenizer, block_out_channels: [24, 48, 96, 96, 96], layers_per_block: 2 },
  quantizer: { ...quantizer, detail_scale_min_tokens: 64 },
  transformer: { ...transformer, embed_dim: 512, depth: 8, num_heads: 8, num_key_value_heads: 4, text_channels: 64 },
  schedule: { scales: largeScales, frames_inner_clip: 20, duration_resolution: 4, video_frames: 81, fps: 16 },
  context: { ...context, frames_inner_clip: 20 },
  sampling: { ...sampling, image_scale_repetition: once, video_scale_repetition: once, semantic_scales: 11 },
  interact: { semantic_scale_ind: 7, detail_frame_inds: [18, 19] },
};

export const SIZES = { tiny, small, large } as const;

export type SizeName = keyof typeof SIZES;

/** Height and width in pixels. */
export function pixelsOf({ schedule }: ModelConfig): Size {
  const [h, w] = schedule.scales!.at(-1)!;
  return [h * CELL_PIXELS, w * CELL_PIXELS];
}
