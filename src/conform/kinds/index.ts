/** Every kind of golden case that this program can compute, by its name. */

import type { Kind } from '../case.ts';
import { activations } from './activations.ts';
import { adamw } from './adamw.ts';
import { bitLossKind } from './bit_loss.ts';
import { bitSelfCorrection } from './bit_self_correction.ts';
import { blockCached } from './block_cached.ts';
import { blockKind } from './block.ts';
import { bsq } from './bsq.ts';
import { bsqCodes } from './bsq_codes.ts';
import { causalConv3d } from './causal_conv3d.ts';
import { channelRmsNorm } from './channel_rms_norm.ts';
import { checkpointHostile } from './checkpoint_hostile.ts';
import { checkpointKind } from './checkpoint.ts';
import { downBlockKind } from './down_block.ts';
import { embedCodesKind } from './embed_codes.ts';
import { framesKind } from './frames.ts';
import { fullSizeIndex } from './full_size_index.ts';
import { gatedMlpKind } from './gated_mlp.ts';
import { gqaAttention } from './gqa_attention.ts';
import { headsKind } from './heads.ts';
import { imageTransform } from './image_transform.ts';
import { interpolate } from './interpolate.ts';
import { nearestRatioKind } from './nearest_ratio.ts';
import { patchifyKind } from './patchify.ts';
import { projectedGuidanceKind } from './projected_guidance.ts';
import { residualQuantization } from './residual_quantization.ts';
import { resnetBlock } from './resnet_block.ts';
import { ropeTables } from './rope_tables.ts';
import { ropeVisual } from './rope_visual.ts';
import { ropeVisualInteract } from './rope_visual_interact.ts';
import { rotary } from './rotary.ts';
import { sampleConditioned } from './sample_conditioned.ts';
import { sampleInteract } from './sample_interact.ts';
import { sampleKind } from './sample.ts';
import { scalePackInfo } from './scale_pack_info.ts';
import { scheduleTable } from './schedule_table.ts';
import { t5Buckets } from './t5_buckets.ts';
import { t5Encoder } from './t5_encoder.ts';
import { textPrefix } from './text_prefix.ts';
import { tokenRmsNorm } from './token_rms_norm.ts';
import { trainStep } from './train_step.ts';
import { unigramTokenize } from './unigram_tokenize.ts';
import { upBlockKind } from './up_block.ts';
import { vaeDecode } from './vae_decode.ts';
import { vaeEncode } from './vae_encode.ts';

const all: readonly Kind[] = [
  activations,
  adamw,
  bitLossKind,
  bitSelfCorrection,
  blockCached,
  blockKind,
  bsq,
  bsqCodes,
  causalConv3d,
  channelRmsNorm,
  checkpointHostile,
  checkpointKind,
  downBlockKind,
  embedCodesKind,
  framesKind,
  fullSizeIndex,
  gatedMlpKind,
  gqaAttention,
  headsKind,
  imageTransform,
  interpolate,
  nearestRatioKind,
  patchifyKind,
  projectedGuidanceKind,
  residualQuantization,
  resnetBlock,
  ropeTables,
  ropeVisual,
  ropeVisualInteract,
  rotary,
  sampleConditioned,
  sampleInteract,
  sampleKind,
  scalePackInfo,
  scheduleTable,
  t5Buckets,
  t5Encoder,
  textPrefix,
  tokenRmsNorm,
  trainStep,
  unigramTokenize,
  upBlockKind,
  vaeDecode,
  vaeEncode,
];

export const kinds: ReadonlyMap<string, Kind> = new Map(all.map((kind) => [kind.kind, kind]));
