/**
 * Faults planted in an outside port (test/kit/port, NumPy, written from the kit's pages): the steps that may rightly be
 * named, and the cause, where the kit should be able to name one. A named cause must match; none named is no fault.
 */

export interface OutsideFault {
  readonly name: string;
  readonly steps: readonly string[];
  /** Of the first cause that is called likely. */
  readonly cause: RegExp;
  /** Precision of the port; float32 unless given. */
  readonly precision?: 'bf16';
}

const fault = (name: string, steps: string, cause: RegExp, precision?: 'bf16'): OutsideFault => {
  return { name, steps: steps.split(' '), cause, ...(precision === undefined ? {} : { precision }) };
};

export const OUTSIDE_FAULTS: readonly OutsideFault[] = [
  fault('norm_eps_ten_times', 'T3 T4', /epsilon.*is 0.00001/),
  fault('norm_mean_subtracted', 'T3 T4', /subtracts the mean/),
  fault('norm_weight_plus_one', 'T3 T4', /1 \+ w/),
  fault('silu_is_gelu', 'T3', /SiLU is GELU \(exact\)/),
  fault('gelu_exact', 'X2', /exact one/),
  fault('gelu_quick', 'X2', /quick one/),
  fault('bf16_products', 'T3 T4', /bfloat16/),
  fault('attention_unscaled', 'T4', /not scaled by/),
  fault('attention_scaled_by_width', 'T4', /heads·head_dim/),
  fault('key_heads_interleaved', 'T4', /interleaved|another order/),
  fault('queries_keys_not_normed', 'T4', /not normed/),
  fault('gate_up_swapped', 'T3', /gate and up/),
  fault('rotary_half_split', 'R1 T4', /\(i, i \+ D\/2\)/),
  fault('rotary_backwards', 'R1 T4', /backwards/),
  fault('rope_sine_first', 'R1 R2 R3', /cosines and sines are swapped|axis 0 are swapped/),
  fault('rope_height_width_swapped', 'R3', /height and width|positions on the (height|width)/),
  fault('rope_exponent_doubled', 'R1', /2i\/n/),
  fault('rope_frequencies_bf16', 'R1', /bfloat16/),
  fault('text_positions_from_one', 'R2', /scale axis are off by \+1/),
  fault('grid_rounded_half_up', 'R3', /height|width|off/),
  fault('real_index_counts_executed', 'P4', /counts executed/),
  fault('border_of_vocabularies', 'Q3', /never/),
  fault('reference_third_largest', 'T7 T5 T4', /should be/),
  fault('t5_bucket_sign', 'X2', /sign of the relative position|axis 0 runs backwards/),
  fault('t5_bucket_border', 'X2', /exact buckets end/),
  fault('t5_scores_scaled', 'X2', /scale/),
  fault('t5_bias_in_first_layer_only', 'X2', /never/),
  fault('channel_norm_without_root', 'V2', /0\.\d+ times/),
  fault('conv_space_replicated', 'V1', /repeat the edge|border in space/),
  fault('conv_time_zeros', 'V1', /zeros stand before|how a video begins/),
  fault('conv_cache_ignored', 'V1', /cache of the chunk before/),
  fault('conditioned_norm_swapped', 'V6', /scale and shift/),
  fault('latent_first_frame_not_apart', 'V6', /frame/),
  fault('odd_first_frame_not_apart', 'V4', /frame/),
  fault('down_channels_first', 'V4', /\(c, ph, pw\)/),
  fault('down_groups_inside', 'V4', /never/),
  fault('up_height_width_swapped', 'V5', /swaps height and width|another order/),
  fault('up_shortcut_interleaved', 'V5', /never/),
  fault('up_first_frame_kept', 'V5', /the first is kept|how a video begins/),
  fault('patchify_patch_first', 'V9', /another order/),
  fault('chunk_remainder_last', 'V8', /cut into chunks/),
  fault('feature_scale_left_out', 'V9', /learned scale|times the expected/),
  fault('posterior_variance_for_deviation', 'V9', /never/),
  fault('posterior_noise_ignored', 'V9', /noise of the posterior/),
  fault('area_is_nearest', 'Q3', /nearest/),
  fault('trilinear_corners_aligned', 'Q3', /align_corners/),
  fault('width_repeated', 'Q3 Q5 Q4', /nearest|never/),
  fault('zero_is_bit_one', 'Q1', /never/),
  fault('codes_not_scaled', 'Q2', /\d+ times/),
  fault('learned_projection_relu', 'Q3 Q4', /ReLU/),
  fault('heads_swapped', 'T6', /never/),
  fault('null_text_from_the_end', 'S1', /never/),
  fault('negative_prompt_ignored', 'S1', /null text stands/),
  fault('negative_padded_before_projection', 'S1', /never/),
  fault('prompt_rows_swapped', 'S1', /halves along axis 0/),
  fault('text_not_normed', 'T1 S1', /text is not normed/),
  fault('attention_bias_ignored', 'T4', /biases of the attention/),
  fault('blocks_in_reverse', 'T3 T4', /reverse order/),
  fault('keys_of_first_repetition', 'T5', /first ones|should be/),
  fault('text_before_references', 'T5', /another order/),
  fault('guidance_rows_swapped', 'S4', /rows of prompt and null text/),
  fault('guidance_one_more', 'S4', /one more/),
  fault('guidance_scale_of_first', 'S4', /first scale|another scale/),
  fault('apg_norm_not_averaged', 'S4', /root mean square/),
  fault('apg_not_projected', 'S4', /parallel part/),
  fault('temperature_inverted', 'S4', /multiplies/),
  fault('temperature_after_guidance', 'S4', /after guidance|left out/),
  fault('draw_other_way', 'S5', /other way/),
  fault('uniforms_by_real_index', 'S5', /uniforms of step/),
  fault('uniforms_bit_before_token', 'S5', /bit before token/),
  fault('one_scale_more_forced', 'S9', /beyond the given/),
  fault('forced_by_repetition', 'S9', /never/),
  fault('clip_begins_with_former', 'S8 S6 T2', /never/),
  fault('one_repetition_fewer_added', 'S6', /should be/),
  fault('bytes_rounded', 'S10', /rounded/),
  fault('bytes_red_first', 'S10', /red first|backwards/),
  fault('first_frame_not_overwritten', 'S10', /frame 0 is not overwritten/),
  // In half precision, where the noise could hide them.
  fault('norm_eps_ten_times', 'T3 T4', /epsilon/, 'bf16'),
  fault('gelu_exact', 'X2', /exact one/, 'bf16'),
  fault('rope_frequencies_bf16', 'R1', /bfloat16/, 'bf16'),
  fault('attention_unscaled', 'T4', /not scaled by/, 'bf16'),
  fault('key_heads_interleaved', 'T4', /interleaved|another order/, 'bf16'),
  fault('guidance_rows_swapped', 'S4', /rows of prompt and null text/, 'bf16'),
  fault('keys_of_first_repetition', 'T5 T4', /first ones|should be/, 'bf16'),
  fault('up_first_frame_kept', 'V5', /the first is kept|how a video begins/, 'bf16'),
];
