/**
 * The steps of the algorithm: what each is called, where the paper and the official repository
 * (FoundationVision/InfinityStar, paths below its `infinity/` unless they begin otherwise) have it, and which
 * functions here are it. Code, tests, traces, conformance reports and docs/paper-map.md use these identifiers.
 *
 * A file that implements a step says `Spec <id>` in its opening comment or in the function's; a test holds the two to
 * one another.
 */

export interface SpecStep {
  readonly title: string;
  /** Section or equation of arXiv 2511.04675, or the work that the step comes from. */
  readonly paper: string;
  /** `path:function` of the official code. */
  readonly official: readonly string[];
  /** `file:function` below `src/`. */
  readonly code: readonly string[];
  /** Kinds of golden cases that exercise the step besides those that name it in their `steps`. */
  readonly kinds?: readonly string[];
}

const TOKENIZER = 'models/videovae/models/wan_bsq_vae.py';
const CONV = 'models/videovae/modules/conv_wan.py';
const BSQ = 'models/videovae/modules/quantizer/multiscale_bsq_tp_absorb_patchify.py';
const ELEGANT = 'schedules/infinity_elegant.py';
const RESOLUTION = 'schedules/dynamic_resolution.py';
const MODEL = 'models/infinity.py';
const SAMPLE = `${MODEL}:ar_infer_infinity_elegant`;
const RUNS = ['sample', 'sample_conditioned', 'sample_interact'];

export const STEPS: Readonly<Record<string, SpecStep>> = {
  P1: {
    title: 'base scales and the table of aspect ratios', paper: '§3.2',
    official: [`${RESOLUTION}:get_ratio2hws_video_v2`, `${RESOLUTION}:get_h_div_w_template2indices`],
    code: ['pyramid/scales.ts:baseScales', 'pyramid/ratio.ts:nearestRatio'],
  },
  P2: {
    title: 'schedule by length', paper: '§3.2, Fig. 2 left', official: [`${RESOLUTION}:get_ratio2hws_pixels2scales`],
    code: ['pyramid/schedule.ts:makeSchedule', 'pyramid/schedule.ts:releasedSchedule'],
  },
  P3: {
    title: 'clips, frames and reference scales', paper: '§3.4 Spacetime Sparse Attention, Fig. 2 right',
    official: [`${ELEGANT}:get_scale_pack_info`], code: ['pyramid/clips.ts:clipContexts'],
  },
  P4: {
    title: 'semantic scale repetition and the real scale index', paper: '§3.4 Semantic Scale Repetition',
    official: [SAMPLE], code: ['pyramid/repetition.ts:expandSteps'], kinds: [...RUNS, 'residual_quantization'],
  },
  P5: {
    title: 'first full-size scale', paper: '§3.2', official: [`${RESOLUTION}:get_first_full_spatial_size_scale_index`],
    code: ['pyramid/full-size.ts:firstFullSizeIndex'],
  },
  V1: {
    title: 'causal 3-D convolution and its cache', paper: '§3.3', official: [`${CONV}:CogVideoXCausalConv3d`],
    code: ['tokenizer/causal-conv.ts:causalConv'],
  },
  V2: {
    title: 'RMS norm over channels', paper: '§3.3', official: ['models/videovae/modules/normalization_wan.py:RMS_norm'],
    code: ['tokenizer/channel-norm.ts:channelNorm'],
  },
  V3: {
    title: 'residual block', paper: '§3.3', official: [`${TOKENIZER}:CogVideoXResnetBlock3D`],
    code: ['tokenizer/residual-block.ts:residualBlock'],
  },
  V4: {
    title: 'down block', paper: '§3.3', official: [`${CONV}:DCDownBlock3d`], code: ['tokenizer/down-block.ts:downBlock'],
  },
  V5: {
    title: 'up block', paper: '§3.3', official: [`${CONV}:DCUpBlock3d`], code: ['tokenizer/up-block.ts:upBlock'],
  },
  V6: {
    title: 'norm conditioned on the latent', paper: '§3.3', official: [`${TOKENIZER}:CogVideoXSpatialNorm3D`],
    code: ['tokenizer/conditioned-norm.ts:conditionedNorm'],
  },
  V7: {
    title: 'wiring of encoder and decoder', paper: '§3.3',
    official: [`${TOKENIZER}:CogVideoXEncoder3D`, `${TOKENIZER}:CogVideoXDecoder3D`],
    code: ['tokenizer/encoder.ts:encoderChunk', 'tokenizer/decoder.ts:decoderChunk', 'tokenizer/levels.ts:levelsOf'],
    kinds: ['vae_encode', 'vae_decode'],
  },
  V8: {
    title: 'temporal chunks', paper: '§3.3',
    official: [`${TOKENIZER}:AutoencoderKLCogVideoX._encode`, `${TOKENIZER}:AutoencoderKLCogVideoX._decode`],
    code: ['tokenizer/chunks.ts:encodeChunks', 'tokenizer/chunks.ts:decodeChunks'], kinds: ['vae_encode', 'vae_decode'],
  },
  V9: {
    title: 'encoding: patchify, posterior, projection, scale', paper: '§3.3',
    official: [`${TOKENIZER}:AutoencoderKLCogVideoX.encode_for_raw_features`],
    code: [
      'tokenizer/encode.ts:encodeVideo', 'tokenizer/patchify.ts:patchify', 'tokenizer/posterior.ts:posteriorSample',
      'tokenizer/projection.ts:projectDown',
    ],
  },
  V10: {
    title: 'decoding: scale, projection, unpatchify', paper: '§3.3', official: [`${TOKENIZER}:AutoencoderKLCogVideoX.decode`],
    code: ['tokenizer/decode.ts:decodeInChunks', 'tokenizer/patchify.ts:unpatchify', 'tokenizer/projection.ts:projectUp'],
  },
  Q1: {
    title: 'binary spherical quantization', paper: '§3.3; arXiv 2406.07548', official: [`${BSQ}:BSQ.forward`, `${BSQ}:BSQ.quantize`],
    code: ['quantizer/bsq.ts:quantize'],
  },
  Q2: {
    title: 'bits to codes', paper: '§3.3', official: [`${BSQ}:BSQ.indices_to_codes`], code: ['quantizer/codes.ts:codesOf'],
  },
  Q3: {
    title: 'two vocabularies and the change of width', paper: '§4.1', official: [`${ELEGANT}:interpolate`],
    code: ['quantizer/vocabulary.ts:vocabularyOf', 'quantizer/change-width.ts:toScale', 'quantizer/change-width.ts:fromScale'],
    kinds: ['residual_quantization', ...RUNS],
  },
  Q4: {
    title: 'residual pyramid encoding', paper: '§3.3', official: [`${ELEGANT}:video_encode_global_bsc`],
    code: ['quantizer/residual-encode.ts:residualEncode', 'quantizer/running-code.ts:networkInput'],
  },
  Q5: {
    title: 'residual pyramid decoding', paper: '§3.3, Fig. 6', official: [`${ELEGANT}:video_decode`],
    code: ['quantizer/residual-decode.ts:residualDecode', 'quantizer/running-code.ts:upsampledCodes'],
  },
  Q6: {
    title: 'stochastic quantizer depth', paper: '§3.3', official: [`${BSQ}:MultiScaleBSQTP.forward`],
    code: ['quantizer/stochastic-depth.ts:droppedScales'],
  },
  Q7: {
    title: 'quantizer losses', paper: '§3.3', official: [`${BSQ}:BSQ.forward`],
    code: ['quantizer/losses.ts:quantizerLosses', 'quantizer/losses-gradient.ts:quantizerGradient'],
  },
  Q8: {
    title: 'knowledge inheritance', paper: '§3.3', official: [`${BSQ}:MultiScaleBSQTP.__init__`],
    code: ['tokenizer/shapes.ts:tokenizerShapes', 'quantizer/change-width.ts:toScale'], kinds: ['vae_encode', 'vae_decode'],
  },
  R1: {
    title: 'four axes of rotation', paper: 'appendix', official: ['models/rope.py:precompute_rope4d_freqs_grid'],
    code: ['rope/frequencies.ts:inverseFrequencies', 'rope/frequencies.ts:rotaryTable', 'rope/grid.ts:gridRope'],
  },
  R2: {
    title: 'positions of the text', paper: 'appendix', official: ['models/rope.py:precompute_rope4d_freqs_grid'],
    code: ['rope/text-rope.ts:textRope'], kinds: RUNS,
  },
  R3: {
    title: 'positions of a visual step', paper: 'appendix', official: [`${ELEGANT}:get_visual_rope_embeds`],
    code: ['rope/visual-rope.ts:visualRope', 'rope/visual-rope.ts:gridRows'],
  },
  T1: {
    title: 'text projection', paper: '§3.4', official: [`${MODEL}:Infinity.prepare_text_conditions`],
    code: ['transformer/text-prefix.ts:projectText'],
  },
  T2: {
    title: 'embedding of codes', paper: '§3.4', official: [`${MODEL}:Infinity.embeds_codes2input`],
    code: ['transformer/embed.ts:embedCodes'],
  },
  T3: {
    title: 'transformer block and gated feed-forward layer', paper: '§3.4',
    official: ['models/basic.py:SelfAttnBlock.forward', 'models/basic.py:Qwen3MLP'],
    code: ['transformer/block.ts:block', 'transformer/gated-mlp.ts:gatedMlp', 'transformer/transformer.ts:runBlocks'],
  },
  T4: {
    title: 'self-attention', paper: '§3.4', official: ['models/basic.py:SelfAttention.forward', 'models/basic.py:repeat_kv'],
    code: ['transformer/self-attention.ts:selfAttention', 'transformer/attention.ts:attention'],
  },
  T5: {
    title: 'cache of keys and values', paper: '§3.4 Spacetime Sparse Attention', official: ['models/basic.py:SelfAttention.forward'],
    code: ['transformer/cache.ts:KeyValueCache'], kinds: RUNS,
  },
  T6: {
    title: 'final norm and the two bitwise heads', paper: '§3.1, §4.1', official: [`${MODEL}:Infinity.get_logits_during_infer`],
    code: ['transformer/heads.ts:logits'],
  },
  T7: {
    title: 'training mask', paper: '§3.4, Fig. 2 right', official: ['models/flex_attn_mask.py:_generate_infinity_pack'],
    code: ['transformer/mask.ts:visibleSegments', 'transformer/mask.ts:denseMask'], kinds: ['train_step'],
  },
  S1: {
    title: 'text prefix and null text', paper: '§3.1', official: [`${MODEL}:Infinity.prepare_text_conditions`, SAMPLE],
    code: ['sampler/prefill.ts:prefill', 'transformer/text-prefix.ts:guidedPrefix'],
  },
  S2: { title: 'start token', paper: '§3.1', official: [SAMPLE], code: ['sampler/step.ts:sampleStep'], kinds: RUNS },
  S3: { title: 'a step of every scale and repetition', paper: '§3.4', official: [SAMPLE], code: ['sampler/step.ts:sampleStep'] },
  S4: {
    title: 'temperature and guidance', paper: '§4.1; arXiv 2410.02416', official: [SAMPLE, 'models/apg.py:normalized_guidance'],
    code: ['sampler/guidance.ts:guide', 'sampler/guidance.ts:projectedGuidance'],
  },
  S5: {
    title: 'one draw a bit', paper: '§3.1; arXiv 2412.04431', official: [SAMPLE],
    code: ['sampler/draw.ts:drawBits', 'sampler/uniforms.ts:seededUniforms'], kinds: RUNS,
  },
  S6: { title: 'codes into the running code', paper: '§3.3', official: [SAMPLE], code: ['sampler/step.ts:sampleStep'] },
  S7: {
    title: 'next input', paper: '§3.3', official: [SAMPLE],
    code: ['sampler/step.ts:sampleStep', 'quantizer/running-code.ts:networkInput'], kinds: RUNS,
  },
  S8: {
    title: 'clips one after another', paper: '§3.2', official: [SAMPLE],
    code: ['sampler/sample.ts:sampleCodes', 'quantizer/running-code.ts:emptyCode'],
  },
  S9: {
    title: 'forced bits: image to video, continuation', paper: '§4', official: [SAMPLE, 'tools/infer_video_480p.py'],
    code: ['sampler/condition.ts:encodeCondition', 'sampler/step.ts:sampleStep'],
  },
  S10: {
    title: 'frames of bytes', paper: '§3.1', official: [`${MODEL}:Infinity.summed_codes2images`],
    code: ['sampler/frames.ts:decodeFrames', 'sampler/frames.ts:toBytes'],
  },
  S11: {
    title: 'interactive generation', paper: 'InfinityStar-Interact',
    official: [`${MODEL}:ar_infer_infinity_star_interact`, 'tools/infer_interact_480p.py'],
    code: ['sampler/interact.ts:sampleNextClip', 'sampler/interact.ts:formerClipConditions', 'sampler/prefill.ts:prefill'],
  },
  S12: {
    title: 'prompts', paper: '§4.1', official: ['tools/infer_video_480p.py', 'tools/infer_interact_480p.py'],
    code: ['text/prompt.ts:preparePrompt'],
  },
  X1: {
    title: 'text tokenizer', paper: 'arXiv 1804.10959', official: ['tools/run_infinity.py:encode_prompt'],
    code: ['text/unigram/tokenizer.ts:Tokenizer', 'text/unigram/unigram.ts:Unigram'],
  },
  X2: {
    title: 'T5 encoder', paper: 'arXiv 1910.10683', official: ['tools/run_infinity.py:encode_prompt'],
    code: ['text/t5-encoder.ts:t5Encode', 'text/t5-attention.ts:t5Attention', 'text/relative-position.ts:relativePositionBucket'],
  },
  L1: {
    title: 'bitwise self-correction', paper: '§3.4; arXiv 2412.04431', official: ['models/self_correction.py:SelfCorrection.apply_noise_requant'],
    code: ['quantizer/self-correction.ts:flipBits'],
  },
  L2: {
    title: 'packed sequences, one random repetition', paper: '§3.4', official: [`${ELEGANT}:video_encode`, 'trainer/sft_trainer.py'],
    code: ['training/training-scales.ts:trainingScales', 'training/pack.ts:packSequence'], kinds: ['train_step'],
  },
  L3: {
    title: 'loss over bits and scales', paper: '§3.1', official: [`${MODEL}:Infinity.get_loss_acc`, 'trainer/sft_trainer.py:train_step'],
    code: ['training/bit-loss.ts:bitLoss', 'training/reweight.ts:tokenWeights'], kinds: ['bit_loss', 'train_step'],
  },
  L4: {
    title: 'dropped captions', paper: '§4.1', official: [`${MODEL}:Infinity.forward`], code: ['training/drop-captions.ts:dropCaptions'],
    kinds: ['train_step'],
  },
  L5: {
    title: 'AdamW, clipping, resumable checkpoints', paper: '§4.1', official: ['train.py', 'utils/amp_opt.py:AmpOptimizer.backward_clip_step'],
    code: ['training/adamw.ts:adamwStep', 'training/learning-rate.ts:learningRate'], kinds: ['adamw'],
  },
  L6: { title: 'progressive resolutions', paper: '§4.1', official: ['scripts/'], code: ['training/run/transformer-task.ts:transformerTask'] },
};

/** Title and source of a step in one line. */
export function describeStep(id: string): string {
  const step = STEPS[id];
  return step === undefined ? id : `${id} ${step.title} (${step.paper})`;
}
