/** The sections of a model's `config.json`: hyper-parameters under their official names, checked. */

import { ArgumentError } from '../errors.ts';
import { Fields } from '../io/fields.ts';
import { parseStrictJsonText } from '../io/strict-json.ts';
import type { ContextConfig } from '../pyramid/clips.ts';
import type {
  InteractConfig,
  QuantizerConfig,
  SamplingConfig,
  ScheduleConfig,
  TokenizerConfig,
  TransformerConfig,
} from './config.ts';

export interface ModelConfig {
  readonly name: string;
  /** Said before the first use, e.g. that the model is untrained. */
  readonly notice?: string;
  /**
   * Present if the model knows few words, and prompts are read for it (prompt-reader.ts): those of the toy world, or the names
   * and tags of the emoji in its names.json.
   */
  readonly vocabulary?: 'toyworld' | 'emoji';
  /** The model in the folder of this name next to it has the files that it lacks. */
  readonly shares?: string;
  readonly tokenizer: TokenizerConfig;
  readonly quantizer: QuantizerConfig;
  readonly transformer: TransformerConfig;
  readonly schedule: ScheduleConfig;
  readonly context: ContextConfig;
  readonly sampling: SamplingConfig;
  readonly interact: InteractConfig;
}

/**
 * The text of a `config.json`.
 * @throws FileError if it is no JSON, ArgumentError naming the field that is wrong.
 */
export function parseConfigText(text: string, file: string): ModelConfig {
  return parseModelConfig(parseStrictJsonText(text, file), file);
}

/** @param where names the object in errors. */
export function parseModelConfig(value: unknown, where: string): ModelConfig {
  const fields = new Fields(value, where);
  return {
    name: fields.string('name'),
    ...(fields.has('notice') ? { notice: fields.string('notice') } : {}),
    ...(fields.has('vocabulary') ? { vocabulary: parseVocabulary(fields) } : {}),
    ...(fields.has('shares') ? { shares: parseName(fields, 'shares') } : {}),
    tokenizer: parseTokenizer(fields.child('tokenizer')),
    quantizer: parseQuantizer(fields.child('quantizer')),
    transformer: parseTransformer(fields.child('transformer')),
    schedule: parseSchedule(fields.child('schedule')),
    context: parseContext(fields.child('context'), fields.child('schedule')),
    sampling: parseSampling(fields.child('sampling')),
    interact: {
      semantic_scale_ind: fields.child('interact').integer('semantic_scale_ind'),
      detail_frame_inds: fields.child('interact').numbers('detail_frame_inds'),
    },
  };
}

/** The name of a folder, which leads nowhere else. */
function parseName(fields: Fields, key: string): string {
  const name = fields.string(key);
  if (/^\w[\w.-]*$/.test(name)) return name;
  throw new ArgumentError(`${fields.where}.${key}`, 'the name of a folder next to the model', name);
}

function parseVocabulary(fields: Fields): 'toyworld' | 'emoji' {
  const name = fields.string('vocabulary');
  if (name !== 'toyworld' && name !== 'emoji') {
    throw new ArgumentError(`${fields.where}.vocabulary`, "'toyworld', 'emoji', or no such field", name);
  }
  return name;
}

/** Also reads the `vae` section of a golden case. */
export function parseTokenizer(fields: Fields): TokenizerConfig {
  return {
    in_channels: fields.integer('in_channels'),
    out_channels: fields.integer('out_channels'),
    latent_channels: fields.integer('latent_channels'),
    block_out_channels: fields.numbers('block_out_channels'),
    layers_per_block: fields.integer('layers_per_block'),
    spatial_compression_list: fields.numbers('spatial_compression_list'),
    temporal_compression_list: fields.numbers('temporal_compression_list'),
  };
}

/** Also reads golden cases, where the section has further fields. */
export function parseQuantizer(fields: Fields): QuantizerConfig {
  return {
    use_two_stage_lfq: fields.has('use_two_stage_lfq') ? fields.flag('use_two_stage_lfq') : 1,
    semantic_scale_dim: fields.integer('semantic_scale_dim'),
    detail_scale_dim: fields.integer('detail_scale_dim'),
    detail_scale_min_tokens: fields.integer('detail_scale_min_tokens'),
    use_learnable_dim_proj: fields.has('use_learnable_dim_proj') ? fields.flag('use_learnable_dim_proj') : 0,
  };
}

/** Also reads the `model` section of a golden case. */
export function parseTransformer(fields: Fields): TransformerConfig {
  const keyValueHeads = fields.integer('num_key_value_heads'); // officially −1 stands for as many as heads
  return {
    embed_dim: fields.integer('embed_dim'),
    depth: fields.integer('depth'),
    block_chunks: fields.integer('block_chunks'),
    num_heads: fields.integer('num_heads'),
    num_key_value_heads: keyValueHeads === -1 ? fields.integer('num_heads') : keyValueHeads,
    mlp_ratio: fields.number('mlp_ratio'),
    qwen_qkvo_bias: fields.boolean('qwen_qkvo_bias'),
    text_channels: fields.integer('text_channels'),
    text_maxlen: fields.integer('text_maxlen'),
    simple_text_proj: fields.flag('simple_text_proj'),
    ...(fields.has('codebook_dim') ? { codebook_dim: fields.integer('codebook_dim') } : {}),
  };
}

function parseSchedule(fields: Fields): ScheduleConfig {
  const common = {
    frames_inner_clip: fields.integer('frames_inner_clip'),
    duration_resolution: fields.integer('duration_resolution'),
    video_frames: fields.integer('video_frames'),
    fps: fields.number('fps'),
    ...(fields.has('frames_first_clip') ? { frames_first_clip: fields.integer('frames_first_clip') } : {}),
  };
  if (fields.has('pn')) return { ...common, pn: fields.string('pn') };
  return { ...common, scales: parsePairs(fields, 'scales') };
}

/** Which earlier scales a scale sees (spec P3, §3.4 Spacetime Sparse Attention and its ablations). */
function parseContext(fields: Fields, schedule: Fields): ContextConfig {
  return {
    context_from_largest_no: fields.integer('context_from_largest_no'),
    context_interval: fields.integer('context_interval'),
    context_frames: fields.integer('context_frames'),
    frames_inner_clip: schedule.integer('frames_inner_clip'),
    ...(fields.has('context_clips') ? { context_clips: fields.integer('context_clips') } : {}),
  };
}

function parsePairs(fields: Fields, key: string): readonly (readonly [number, number])[] {
  const list = fields.unknown(key);
  const isPair = (item: unknown): item is readonly [number, number] => {
    return Array.isArray(item) && item.length === 2 && item.every((value) => Number.isInteger(value) && (value as number) > 0);
  };
  if (!Array.isArray(list) || list.length === 0 || !list.every(isPair)) {
    throw new ArgumentError(`${fields.where}.${key}`, 'a list of [h, w]', list);
  }
  return list;
}

function parseSampling(fields: Fields): SamplingConfig {
  const sampling: SamplingConfig = {
    image_scale_repetition: fields.numbers('image_scale_repetition'),
    video_scale_repetition: fields.numbers('video_scale_repetition'),
    max_repeat_times: fields.integer('max_repeat_times'),
    semantic_scales: fields.integer('semantic_scales'),
    use_cfg: fields.flag('use_cfg'),
    use_apg: fields.flag('use_apg'),
    cfg: fields.number('cfg'),
    apg_norm_threshold: fields.number('apg_norm_threshold'),
    tau_image: fields.number('tau_image'),
    tau_video: fields.number('tau_video'),
    append_duration2caption: fields.flag('append_duration2caption'),
    prompt_suffix: fields.string('prompt_suffix'),
  };
  if (sampling.use_cfg + sampling.use_apg !== 1) {
    throw new ArgumentError(`${fields.where}.use_cfg, use_apg`, 'exactly one of the two to be 1', [sampling.use_cfg, sampling.use_apg]);
  }
  return sampling;
}
