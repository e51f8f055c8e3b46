/**
 * Keys of the official weights: which part of the model a key belongs to, and what wrappers of training leave in
 * its name.
 */

import { EMBEDDING_COPY } from '../text/t5-shapes.ts';

export type PartName = 'tokenizer' | 'transformer' | 'text_encoder';

/** Modules that wrap others in training and appear in the keys of a state_dict taken then. */
const WRAPPERS = /(?<=^|\.)(_fsdp_wrapped_module|_checkpoint_wrapped_module|_orig_mod)\./g;

/** What stands before all keys: the same, `module` of data-parallel training, and names under which others keep a network. */
const PREFIXES = /^(?:(?:module|model|model_ema|gpt_wo_ddp|gpt_fsdp|_orig_mod|_(?:fsdp|checkpoint)_wrapped_module)\.)+/;

/**
 * The key without what data-parallel training, sharding, checkpointing and compiling add to it; merged shards have
 * a dot before parameters of the root, and old checkpoints the first name of the semantic head
 * (utils/save_and_load.py:merge_ckpt).
 */
export function canonicalKey(key: string): string {
  return key
    .replace(PREFIXES, '')
    .replace(WRAPPERS, '')
    .replace(/^\./, '')
    .replace(/^semantic_head\./, 'semantic_head2.');
}

const PARTS: readonly (readonly [PartName, RegExp])[] = [
  ['text_encoder', /^(shared|lm_head|(encoder|decoder)\.(block|final_layer_norm|embed_tokens))\./],
  ['tokenizer', /^((encoder|decoder)\.|(proj_(down|up)(_two)?|quantizer)\.|scale_learnable_parameters$)/],
];

/** By a canonical key; whatever neither the text encoder nor the tokenizer has is the transformer's. */
export function partOf(key: string): PartName {
  return PARTS.find(([, pattern]) => pattern.test(key))?.[0] ?? 'transformer';
}

/** What is in the files but no part of what this program runs: the text decoder. */
export function isUnused(key: string): boolean {
  return /^(lm_head|decoder\.(block|final_layer_norm|embed_tokens)|encoder\.embed_tokens)\./.test(key) && key !== EMBEDDING_COPY;
}
