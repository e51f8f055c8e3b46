/** Levels of conformance: what a port can be right about before the whole runs. */

export const LEVELS: Readonly<Record<string, string>> = {
  L0: 'integers: schedules, reference scales, positions, masks, token ids; exact',
  L1: 'operators: resizing, convolution, norms, attention, rotary embedding, guidance, bytes',
  L2: 'tokenizer and quantizer: blocks, encoder, decoder, bits, residual pyramid',
  L3: 'transformer: blocks, cache, text prefix, heads; text encoder',
  L4: 'whole generations of a tiny model, stage by stage, for every task',
  L5: 'training: masks, losses, gradients, optimizer',
};

const KINDS: Readonly<Record<string, readonly string[]>> = {
  L0: [
    'base_scales', 'schedule_table', 'nearest_ratio', 'full_size_index', 'scale_pack_info', 'rope_positions', 'vocabularies', 'training_mask',
    't5_buckets', 'unigram_tokenize',
  ],
  L1: [
    'interpolate', 'activations', 'channel_rms_norm', 'token_rms_norm', 'patchify', 'causal_conv3d', 'rope_frequencies', 'rope_tables', 'rope_visual',
    'rope_visual_interact', 'rotary', 'gqa_attention', 'gated_mlp', 'projected_guidance', 'frames', 'image_transform',
  ],
  L2: ['bsq_codes', 'bsq', 'resnet_block', 'down_block', 'up_block', 'vae_encode', 'vae_decode', 'residual_quantization'],
  L3: ['embed_codes', 'text_prefix', 'block', 'block_cached', 'heads', 't5_encoder'],
  L4: ['sample', 'sample_conditioned', 'sample_interact'],
  L5: ['bit_self_correction', 'bit_loss', 'train_step', 'adamw'],
};

/** Every kind in the order in which a port is checked: from the parts to the whole. */
export const KIND_ORDER: readonly string[] = Object.values(KINDS).flat();

/** The level of a kind; none for kinds that concern no port, such as checkpoint files. */
export function levelOf(kind: string): string | undefined {
  return Object.keys(KINDS).find((level) => KINDS[level].includes(kind));
}
