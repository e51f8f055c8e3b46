/**
 * Hyper-parameters under their official names (InfinityStar infinity/utils/arg_util.py and
 * models/videovae/utils/arguments.py), so that an official configuration can be read as it is.
 * Only what the released models or the paper's ablations vary is here.
 */

/** Widths of the two vocabularies and how a scale gets its one (spec Q3, §4.1). */
export interface QuantizerConfig {
  /** 1: small scales carry `semantic_scale_dim` bits a token, large ones `detail_scale_dim`. 0: all the latter. */
  readonly use_two_stage_lfq: 0 | 1;
  readonly semantic_scale_dim: number;
  readonly detail_scale_dim: number;
  /** A scale with at least so many tokens a frame (h·w) is a detail scale. */
  readonly detail_scale_min_tokens: number;
  /** 1: small MLPs change the width; 0: interpolation along the channel axis does. */
  readonly use_learnable_dim_proj: 0 | 1;
}

/** The video tokenizer (spec V). */
export interface TokenizerConfig {
  readonly in_channels: number;
  readonly out_channels: number;
  /** Channels of the latent before the 2×2 patchify; features have four times as many. */
  readonly latent_channels: number;
  /** Widths: one per level, and one more than there are blocks. */
  readonly block_out_channels: readonly number[];
  /** Residual blocks in a down block; an up block has one more. */
  readonly layers_per_block: number;
  readonly spatial_compression_list: readonly number[];
  readonly temporal_compression_list: readonly number[];
}

/** The spacetime autoregressive transformer (spec T). */
export interface TransformerConfig {
  readonly embed_dim: number;
  readonly depth: number;
  /** Above 1 the weight keys are `block_chunks.<c>.module.<i>`, else `blocks.<i>`. */
  readonly block_chunks: number;
  readonly num_heads: number;
  readonly num_key_value_heads: number;
  readonly mlp_ratio: number;
  readonly qwen_qkvo_bias: boolean;
  readonly text_channels: number;
  /** Rotary positions below this one are the text's (spec R2, R3). */
  readonly text_maxlen: number;
  /** 1: the text projection is one linear layer; 0: RMS norm and a two-layer MLP. */
  readonly simple_text_proj: 0 | 1;
  /** Channels of the codes that are embedded, where these are not as many as the bits of the detail vocabulary. */
  readonly codebook_dim?: number;
}

/** Which scale schedules a model knows (spec P). */
export interface ScheduleConfig {
  /** Square or not, (h, w) of every scale of a clip in latent cells, for a model of one size only; or … */
  readonly scales?: readonly (readonly [number, number])[];
  /** … a pixel budget of the released table: 0.06M, 0.25M, 0.40M or 0.90M. */
  readonly pn?: string;
  /** Latent frames in a clip after the first. */
  readonly frames_inner_clip: number;
  /**
   * Latent frames in the first clip; 1, a picture, unless given. Not an official option: 1 + frames_inner_clip makes the
   * "pseudo-spacetime pyramid" of the paper's ablation, one pyramid of constant time.
   */
  readonly frames_first_clip?: number;
  /** Lengths go in steps of so many latent frames. */
  readonly duration_resolution: number;
  /** Longest video in frames. */
  readonly video_frames: number;
  readonly fps: number;
}

/** One value for all scales of a clip, or one for each of them. */
export type PerScale = number | readonly number[];

/** Settings of inference that a released model comes with (spec P4, S4, S12). */
export interface SamplingConfig {
  readonly image_scale_repetition: readonly number[];
  readonly video_scale_repetition: readonly number[];
  readonly max_repeat_times: number;
  /** Scales of a clip whose logits come from the semantic head (spec T6). */
  readonly semantic_scales: number;
  /** Exactly one of the two is 1. */
  readonly use_cfg: 0 | 1;
  readonly use_apg: 0 | 1;
  readonly cfg: PerScale;
  readonly apg_norm_threshold: number;
  readonly tau_image: PerScale;
  readonly tau_video: PerScale;
  /** 1: the prompt starts with its duration, `<<<t=5s>>>`. */
  readonly append_duration2caption: 0 | 1;
  /** Added to every prompt; the released scripts add a sentence about detail. */
  readonly prompt_suffix: string;
  /** Of the scales that something given has, only so many from the first on are kept (official: gt_leak); all unless given. */
  readonly given_scales?: number;
  /** What the tokenizer makes of given frames: the mean of its posterior, unless given, or a draw from it. */
  readonly posterior?: 'mean' | 'draw';
}

/** Conditions of the interactive mode (spec S11). */
export interface InteractConfig {
  /** The scale to whose size the former clip is reduced. */
  readonly semantic_scale_ind: number;
  /** Frames of the former clip that are seen at full size. */
  readonly detail_frame_inds: readonly number[];
}
