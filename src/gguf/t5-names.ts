/**
 * The names that GGUF files give to the weights of a T5 encoder, so that other programs read ours and ours theirs.
 * Source: ggml's gguf-py, constants.py (architecture "t5encoder"), tensor_mapping.py.
 */

const BLOCK_PARTS: ReadonlyMap<string, string> = new Map([
  ['layer.0.SelfAttention.q', 'attn_q'],
  ['layer.0.SelfAttention.k', 'attn_k'],
  ['layer.0.SelfAttention.v', 'attn_v'],
  ['layer.0.SelfAttention.o', 'attn_o'],
  ['layer.0.SelfAttention.relative_attention_bias', 'attn_rel_b'],
  ['layer.0.layer_norm', 'attn_norm'],
  ['layer.1.DenseReluDense.wi', 'ffn_up'],
  ['layer.1.DenseReluDense.wi_0', 'ffn_gate'],
  ['layer.1.DenseReluDense.wi_1', 'ffn_up'],
  ['layer.1.DenseReluDense.wo', 'ffn_down'],
  ['layer.1.layer_norm', 'ffn_norm'],
]);

const OTHERS: ReadonlyMap<string, string> = new Map([
  ['shared.weight', 'token_embd.weight'],
  ['encoder.final_layer_norm.weight', 'enc.output_norm.weight'],
]);

/** `encoder.block.3.layer.0.SelfAttention.q.weight` → `enc.blk.3.attn_q.weight`; what is no weight of an encoder stays. */
export function ggufName(key: string): string {
  const found = /^encoder\.block\.(\d+)\.(.+)\.weight$/.exec(key);
  const part = found === null ? undefined : BLOCK_PARTS.get(found[2]);
  return part === undefined ? (OTHERS.get(key) ?? key) : `enc.blk.${found![1]}.${part}.weight`;
}

/** Key → name in a file, of those of its names that are an encoder's. A gate tells the two kinds of feed-forward layers apart. */
export function t5Keys(names: Iterable<string>): Map<string, string> {
  const all = new Set(names);
  const gated = [...all].some((name) => name.endsWith('.ffn_gate.weight'));
  const other = gated ? /wi$/ : /wi_\d$/;
  const parts = new Map([...BLOCK_PARTS].filter(([key]) => !other.test(key)).map(([key, name]) => [name, key]));
  const keys = new Map<string, string>();
  for (const [key, name] of OTHERS) if (all.has(name)) keys.set(key, name);
  for (const name of all) {
    const found = /^enc\.blk\.(\d+)\.(\w+)\.weight$/.exec(name);
    const part = found === null ? undefined : parts.get(found[2]);
    if (part !== undefined) keys.set(`encoder.block.${found![1]}.${part}.weight`, name);
  }
  return keys;
}
