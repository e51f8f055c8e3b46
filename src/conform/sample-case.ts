/** What the golden kinds of the sampler share: reading a case's models and request, reporting steps. */

import { hostTensor, rowMajor } from '../array/host.ts';
import type { HostBits } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import { residentWeights } from '../backend/weights.ts';
import { ArgumentError } from '../errors.ts';
import type { Fields } from '../io/fields.ts';
import { parseQuantizer, parseTokenizer, parseTransformer } from '../model/directory.ts';
import { scalesFrom } from '../pyramid/scales.ts';
import { scheduleFrom } from '../pyramid/schedule.ts';
import type { Quantizer } from '../quantizer/vocabulary.ts';
import { toBytes } from '../sampler/frames.ts';
import type { Guidance } from '../sampler/guidance.ts';
import type { ForcedBits, SampleRequest } from '../sampler/request.ts';
import type { InteractSettings } from '../sampler/interact.ts';
import type { OnStep } from '../sampler/sample.ts';
import { replayedUniforms } from '../sampler/uniforms.ts';
import type { Uniforms } from '../sampler/uniforms.ts';
import { decodeVideo } from '../tokenizer/decode.ts';
import { makeTokenizer } from '../tokenizer/tokenizer.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { Transformer } from '../transformer/transformer.ts';
import type { Case, Results } from './case.ts';
import { contextOf } from './options.ts';

export interface SampleModels {
  readonly transformer: Transformer;
  readonly tokenizer: Tokenizer;
  readonly quantizer: Quantizer;
}

export async function sampleModels(c: Case, b: Backend): Promise<SampleModels> {
  const weights = residentWeights(b, c.weights());
  // Widths are the tokenizer's affair, whether there are two of them the transformer's.
  const { use_two_stage_lfq } = parseQuantizer(c.config.child('model'));
  const config = { ...parseQuantizer(c.config.child('vae')), use_two_stage_lfq };
  const channels = parseTokenizer(c.config.child('vae')).latent_channels * 4;
  const projections = (await weights.load(b, '')).at('quantizer');
  return {
    transformer: { config: parseTransformer(c.config.child('model')), weights },
    tokenizer: makeTokenizer(parseTokenizer(c.config.child('vae')), weights),
    quantizer: { config, channels, ...(config.use_learnable_dim_proj === 1 ? { projections } : {}) },
  };
}

/** The request of a case, without given bits and conditions. */
export function sampleRequest(c: Case): SampleRequest & { readonly guidance: Guidance } {
  const { config } = c;
  const model = config.child('model');
  const scales = scalesFrom(config.unknown('schedule'), 'config.schedule');
  return {
    schedule: scheduleFrom(scales, config.integer('scales_in_one_clip')),
    repetition: {
      image_scale_repetition: model.numbers('image_scale_repetition'),
      video_scale_repetition: model.numbers('video_scale_repetition'),
      ...(config.has('max_repeat_times') ? { max_repeat_times: config.number('max_repeat_times') } : {}),
    },
    context: contextOf(config),
    text: c.input('text'),
    ...(c.hasInput('negative') ? { negative: c.input('negative') } : {}),
    guidance: guidanceOf(config),
    cfg: config.numbers('cfg'),
    tau: config.numbers('tau'),
    semanticScales: config.integer('semantic_scales'),
  };
}

function guidanceOf(config: Fields): Guidance {
  const method = config.string('guidance');
  if (method === 'cfg') return { method };
  if (method !== 'apg') throw new ArgumentError(`${config.where}.guidance`, 'cfg or apg', method);
  return { method, threshold: config.number('apg_norm_threshold'), eta: config.number('apg_eta') };
}

/** `gt_bits/<real_si>`, if the case gives bits. */
export function givenBits(c: Case): { readonly forced?: ForcedBits } {
  const scales = c.config.has('gt_leak') ? c.config.integer('gt_leak') : 0;
  if (scales <= 0) return {};
  const bits: HostBits[] = [];
  for (const step of c.config.objects('steps')) {
    const realSi = step.integer('real_si');
    if (c.hasInput(`gt_bits/${realSi}`)) bits[realSi] = c.bytes(`gt_bits/${realSi}`);
  }
  return { forced: { scales, bits } };
}

/** S11: which clip of a story it is, and what it sees of the one before. */
export function interactSettings({ config }: Case): InteractSettings & { readonly mode: 'first_iv_clip' | 'second_v_clip' } {
  const mode = config.string('mode');
  if (mode !== 'first_iv_clip' && mode !== 'second_v_clip') {
    throw new ArgumentError(`${config.where}.mode`, 'first_iv_clip or second_v_clip', mode);
  }
  return { mode, semanticScale: config.integer('semantic_scale_ind'), detailFrames: config.numbers('detail_frame_inds') };
}

/** `uniforms/<k>`, replayed. */
export function givenUniforms(c: Case): Uniforms {
  return replayedUniforms(c.config.objects('steps').map((_, k) => rowMajor(c.input(`uniforms/${k}`))));
}

/**
 * Emits the results of every step. `summed/<k>` is the clip's running code, which the official code no longer has after
 * the last step of a clip.
 */
export function emitStep(results: Results): OnStep {
  return async ({ index: k, logits, guided, sampled, bits, code }, b) => {
    results.tensor(`logits_raw/${k}`, logits);
    results.tensor(`logits_guided/${k}`, hostTensor(Float32Array.from(guided), [1, guided.length / 2, 2]));
    results.tensor(`bits_sampled/${k}`, hostTensor(sampled, [sampled.length]));
    results.tensor(`bits_used/${k}`, bits);
    results.tensor(`summed/${k}`, await b.read(code));
  };
}

/** Frames of a decoded video and its bytes, as the official code makes them. */
export async function emitVideo(b: Backend, tokenizer: Tokenizer, codes: Tensor, results: Results): Promise<void> {
  const video = await decodeVideo(b, tokenizer, codes);
  results.tensor('video', video);
  results.tensor('frames_u8', toBytes(video, { channels: 'bgr' }));
}

/** Spec steps of the outputs of a sampling run. */
export const SAMPLE_STEPS: Readonly<Record<string, string>> = {
  logits_raw: 'S3',
  logits_guided: 'S4',
  bits_sampled: 'S5',
  bits_used: 'S9',
  summed: 'S6',
  summed_codes: 'S8',
  condition_features: 'V9',
  condition_bits: 'S9',
  returned_features: 'S11',
  video: 'V10',
  frames_u8: 'S10',
};
