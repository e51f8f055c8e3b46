/** The sizes of a network, read off the shapes of its weights; what they do not tell comes from a preset. */

import type { Shape } from '../array/host.ts';
import type { QuantizerConfig, TokenizerConfig, TransformerConfig } from '../model/config.ts';
import { mlpWidth } from '../transformer/shapes.ts';

type Shapes = ReadonlyMap<string, Shape>;

/** Where a weight is missing or makes no sense, the preset's value stays: comparing the keys will tell. */
export function inferTransformer(shapes: Shapes, preset: TransformerConfig): TransformerConfig {
  const at = (key: string, axis: number): number | undefined => shapes.get(key)?.[axis];
  const blocks = [...shapes.keys()].map((key) => /^(?:block_chunks\.(\d+)\.module|blocks)\.(\d+)\./.exec(key));
  const names = new Set(blocks.flatMap((match) => (match === null ? [] : [match[0]])));
  const chunks = new Set(blocks.flatMap((match) => (match?.[1] === undefined ? [] : [match[1]])));
  const depth = names.size > 0 ? names.size : preset.depth;
  const [first = ''] = names;
  const embed_dim = at('word_embed.weight', 0) ?? preset.embed_dim;
  const headDim = at(`${first}attn.q_norm.weight`, 0);
  const heads = (key: string, otherwise: number): number => {
    const width = at(`${first}attn.${key}.weight`, 0);
    return width === undefined || headDim === undefined ? otherwise : width / headDim;
  };
  const [codes, detail] = [at('word_embed.weight', 1), at('head.weight', 0)];
  const hidden = at(`${first}mlp.gate_proj.weight`, 0);
  const keepsRatio = hidden === undefined || mlpWidth({ embed_dim, mlp_ratio: preset.mlp_ratio }) === hidden;
  return {
    ...preset,
    embed_dim,
    depth,
    block_chunks: names.size === 0 ? preset.block_chunks : Math.max(chunks.size, 1),
    num_heads: heads('q_proj', preset.num_heads),
    num_key_value_heads: heads('k_proj', preset.num_key_value_heads),
    mlp_ratio: keepsRatio ? preset.mlp_ratio : hidden / embed_dim,
    qwen_qkvo_bias: names.size === 0 ? preset.qwen_qkvo_bias : shapes.has(`${first}attn.q_proj.bias`),
    text_channels: at('cfg_uncond', 1) ?? preset.text_channels,
    simple_text_proj: shapes.has('text_proj.0.weight') ? 0 : 1,
    ...(codes === undefined || detail === undefined || 2 * codes === detail ? {} : { codebook_dim: codes }),
  };
}

/** Widths of the codes, by the transformer's weights. */
export function inferQuantizer(shapes: Shapes, preset: QuantizerConfig): QuantizerConfig {
  const [semantic, detail] = ['semantic_head2.weight', 'head.weight'].map((key) => shapes.get(key)?.[0]);
  return {
    ...preset,
    detail_scale_dim: detail === undefined ? preset.detail_scale_dim : detail / 2,
    semantic_scale_dim: semantic === undefined ? preset.semantic_scale_dim : semantic / 2, // two labels a bit
  };
}

export function inferTokenizer(shapes: Shapes, preset: TokenizerConfig): TokenizerConfig {
  const at = (key: string, axis: number): number | undefined => shapes.get(key)?.[axis];
  const indices = (pattern: RegExp): number => {
    return new Set([...shapes.keys()].flatMap((key) => pattern.exec(key)?.[1] ?? [])).size;
  };
  const levels = indices(/^encoder\.down_blocks\.(\d+)\./);
  const first = at('encoder.conv_in.conv.weight', 0);
  if (levels === 0 || first === undefined) return preset;
  const widths = [first];
  const spatial: number[] = [];
  const temporal: number[] = [];
  for (let i = 0; i < levels; i++) {
    const outer = widths[i];
    const quarter = at(`encoder.down_blocks.${i}.downsamplers.0.conv.conv.conv.weight`, 0);
    widths.push(quarter === undefined ? outer : 4 * quarter); // a quarter of the channels for each of 2×2 places
    if (quarter === undefined) continue;
    spatial.push(2);
    const up = at(`decoder.up_blocks.${levels - 1 - i}.upsamplers.0.conv.conv.conv.weight`, 0);
    if (up === 8 * outer) temporal.push(2); // 2×2 places in 2 frames
  }
  const latents = at('encoder.conv_out.conv.weight', 0); // means and variances
  return {
    in_channels: at('encoder.conv_in.conv.weight', 1)!,
    out_channels: at('decoder.conv_out.conv.weight', 0) ?? preset.out_channels,
    latent_channels: latents === undefined ? preset.latent_channels : latents / 2,
    block_out_channels: widths,
    layers_per_block: indices(/^encoder\.down_blocks\.0\.resnets\.(\d+)\./),
    spatial_compression_list: spatial,
    temporal_compression_list: temporal,
  };
}

/** `depth 2 (preset: 36)`, for every field that differs. */
export function differences(inferred: object, preset: object): string[] {
  const expected = new Map<string, unknown>(Object.entries(preset));
  return Object.entries(inferred).flatMap(([key, value]: [string, unknown]) => {
    const [got, wanted] = [value, expected.get(key)].map((item) => JSON.stringify(item));
    return got === wanted ? [] : [`${key} ${got} (preset: ${wanted})`];
  });
}
