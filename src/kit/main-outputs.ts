/**
 * The main outputs of a case: what its stage is for. A case has passed only when all of these were compared; the others
 * are values on the way, which a port may not show.
 */

import type { Case } from '../conform/case.ts';

/** By kind; every golden output for the other kinds. */
const MAIN: Readonly<Record<string, RegExp>> = {
  causal_conv3d: /^y\d+$/,
  gqa_attention: /^y$/,
  bsq: /^(quantized|bits)$/,
  vae_encode: /^features$/,
  vae_decode: /^video$/,
  residual_quantization: /^(bits\/\d+|summed_codes)$/,
  block: /^y$/,
  t5_encoder: /^kept$/,
  sample: /^(bits_used\/\d+|summed_codes|video|frames_u8)$/,
  sample_conditioned: /^(condition_bits\/\d+|bits_used\/\d+|summed_codes|video|frames_u8)$/,
  sample_interact: /^(bits_used\/\d+|returned_features|frames_u8)$/,
  train_step: /^(loss|final_loss|grad.*)$/,
};

/** @param outputs names of all expected tensors, stages too. @returns the main ones; JSON results are all main. */
export function mainOutputs({ kind }: Case, outputs: readonly string[]): string[] {
  const pattern = MAIN[kind] ?? /^(?!stage\/)/;
  return outputs.filter((name) => pattern.test(name));
}
