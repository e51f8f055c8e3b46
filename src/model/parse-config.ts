/** The sections of a model's `config.json`: hyper-parameters under their official names, checked. */

import { ArgumentError } from '../errors.ts';
import { Fields } from '../io/fields.ts';
import { parseStrictJsonText } from '../io/strict-json.ts';
import type { ContextConfig } from '../pyramid/clips.ts';
import type {
  InteractConfig,
  PerScale,
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
      semantic_scale_ind: fields.child('interact').count('semantic_scale_ind', 0, 64),
      detail_frame_inds: fields.child('interact').counts('detail_frame_inds', 0, 1024, 1024),
    },
  };
}

/** Sizes are bounded, so that no configuration makes a program run for ever; what fits the weights is compared with them. */
const [WIDEST, DEEPEST, MOST_TOKENS] = [2 ** 17, 1024, 2 ** 24];

/** A number above `least`, at most `most`. */
function within(fields: Fields, key: string, least: number, most: number): number {
  const value = fields.number(key);
  if (value > least && value <= most) return value;
  throw new ArgumentError(`${fields.where}.${key}`, `a number above ${least}, at most ${most}`, value);
}

/** A number above `least`, at most a million, or at most 64 of them. */
function perScale(fields: Fields, key: string, least: number): PerScale {
  if (!Array.isArray(fields.unknown(key))) return within(fields, key, least, 1e6);
  const values = fields.numbers(key);
  if (values.length <= 64 && values.every((value) => value > least && value <= 1e6)) return values;
  throw new ArgumentError(`${fields.where}.${key}`, `a list of at most 64 numbers above ${least}, at most ${1e6}`, values);
}

function parsePosterior(fields: Fields): 'mean' | 'draw' {
  const posterior = fields.string('posterior');
  if (posterior === 'mean' || posterior === 'draw') return posterior;
  throw new ArgumentError(`${fields.where}.posterior`, "'mean' or 'draw'", posterior);
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
    in_channels: fields.count('in_channels', 1, WIDEST),
    out_channels: fields.count('out_channels', 1, WIDEST),
    latent_channels: fields.count('latent_channels', 1, WIDEST),
    block_out_channels: fields.counts('block_out_channels', 1, WIDEST, 16),
    layers_per_block: fields.count('layers_per_block', 1, 64),
    spatial_compression_list: fields.counts('spatial_compression_list', 1, 16, 16),
    temporal_compression_list: fields.counts('temporal_compression_list', 1, 16, 16),
  };
}

/** Also reads golden cases, where the section has further fields. */
export function parseQuantizer(fields: Fields): QuantizerConfig {
  return {
    use_two_stage_lfq: fields.has('use_two_stage_lfq') ? fields.flag('use_two_stage_lfq') : 1,
    semantic_scale_dim: fields.count('semantic_scale_dim', 1, WIDEST),
    detail_scale_dim: fields.count('detail_scale_dim', 1, WIDEST),
    detail_scale_min_tokens: fields.count('detail_scale_min_tokens', 0, MOST_TOKENS),
    use_learnable_dim_proj: fields.has('use_learnable_dim_proj') ? fields.flag('use_learnable_dim_proj') : 0,
  };
}

/** Also reads the `model` section of a golden case. */
export function parseTransformer(fields: Fields): TransformerConfig {
  const keyValueHeads = fields.count('num_key_value_heads', -1, 4096); // officially −1 stands for as many as heads
  return {
    embed_dim: fields.count('embed_dim', 1, WIDEST),
    depth: fields.count('depth', 1, DEEPEST),
    block_chunks: fields.count('block_chunks', 1, DEEPEST),
    num_heads: fields.count('num_heads', 1, 4096),
    num_key_value_heads: keyValueHeads === -1 ? fields.count('num_heads', 1, 4096) : keyValueHeads,
    mlp_ratio: within(fields, 'mlp_ratio', 0, 256),
    qwen_qkvo_bias: fields.boolean('qwen_qkvo_bias'),
    text_channels: fields.count('text_channels', 1, WIDEST),
    text_maxlen: fields.count('text_maxlen', 1, WIDEST),
    simple_text_proj: fields.flag('simple_text_proj'),
    ...(fields.has('codebook_dim') ? { codebook_dim: fields.count('codebook_dim', 1, WIDEST) } : {}),
  };
}

function parseSchedule(fields: Fields): ScheduleConfig {
  const common = {
    frames_inner_clip: fields.count('frames_inner_clip', 1, 1024),
    duration_resolution: fields.count('duration_resolution', 1, 1024),
    video_frames: fields.count('video_frames', 1, 100_000),
    fps: within(fields, 'fps', 0, 1000),
    ...(fields.has('frames_first_clip') ? { frames_first_clip: fields.count('frames_first_clip', 1, 1024) } : {}),
  };
  if (fields.has('pn')) return { ...common, pn: fields.string('pn') };
  return { ...common, scales: parsePairs(fields, 'scales') };
}

/** Which earlier scales a scale sees (spec P3, §3.4 Spacetime Sparse Attention and its ablations). */
function parseContext(fields: Fields, schedule: Fields): ContextConfig {
  return {
    context_from_largest_no: fields.count('context_from_largest_no', 0, 1024),
    context_interval: fields.count('context_interval', 0, 1024),
    context_frames: fields.count('context_frames', 0, MOST_TOKENS),
    frames_inner_clip: schedule.count('frames_inner_clip', 1, 1024),
    ...(fields.has('context_clips') ? { context_clips: fields.count('context_clips', 0, 1024) } : {}),
  };
}

function parsePairs(fields: Fields, key: string): readonly (readonly [number, number])[] {
  const list = fields.unknown(key);
  const isPair = (item: unknown): item is readonly [number, number] => {
    const isExtent = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0 && (value as number) <= 1024;
    return Array.isArray(item) && item.length === 2 && item.every(isExtent);
  };
  if (!Array.isArray(list) || list.length === 0 || list.length > 64 || !list.every(isPair)) {
    throw new ArgumentError(`${fields.where}.${key}`, 'a list of at most 64 [h, w], each at most 1024', list);
  }
  return list;
}

function parseSampling(fields: Fields): SamplingConfig {
  const sampling: SamplingConfig = {
    image_scale_repetition: fields.counts('image_scale_repetition', 1, 1000, 64),
    video_scale_repetition: fields.counts('video_scale_repetition', 1, 1000, 64),
    max_repeat_times: fields.count('max_repeat_times', 1, MOST_TOKENS),
    semantic_scales: fields.count('semantic_scales', 0, 64),
    use_cfg: fields.flag('use_cfg'),
    use_apg: fields.flag('use_apg'),
    cfg: perScale(fields, 'cfg', -1e6),
    apg_norm_threshold: fields.number('apg_norm_threshold'),
    tau_image: perScale(fields, 'tau_image', 0),
    tau_video: perScale(fields, 'tau_video', 0),
    append_duration2caption: fields.flag('append_duration2caption'),
    prompt_suffix: fields.string('prompt_suffix'),
    ...(fields.has('given_scales') ? { given_scales: fields.count('given_scales', 1, MOST_TOKENS) } : {}),
    ...(fields.has('posterior') ? { posterior: parsePosterior(fields) } : {}),
  };
  if (sampling.use_cfg + sampling.use_apg !== 1) {
    throw new ArgumentError(`${fields.where}.use_cfg, use_apg`, 'exactly one of the two to be 1', [sampling.use_cfg, sampling.use_apg]);
  }
  return sampling;
}
