/**
 * Q7: what the tokenizer is trained to minimize.
 *
 *     L = mean w·((x − x̂)² + a·|x − x̂|)                        reconstruction, w: weight of a pixel, say of the foreground
 *       + c·mean max(0, ‖z‖ − R)²                              continuous: latents no longer than codes can be, or
 *       + Q + d·mean ‖z − ẑ‖²                                  quantized: commitment and entropy, and nearness to the codes
 *
 * z: the features of a cell, ẑ what the decoder gets in their place: codes, or ẑ = z + U(−n, n). Knowledge inheritance
 * (§3.3) is training without the quantizer first. A sum of K unit codes is at most K long, so latents that grow freely could
 * never be quantized: hence R. Noise as large as the quantizer's error (Ballé, Laparra, Simoncelli 2017, §3) makes the
 * decoder ready for it, at a small part of its cost.
 *
 * Paper §3.3. Perceptual and adversarial terms are added in critics/terms.ts, if a recipe has them; L1 + L2 alone suffice for
 * plain pictures. The official training (its released code cannot run) also has a KL term, which is left out: R does its work.
 */

import type { HostTensor } from '../array/host.ts';
import { hostTensor, sizeOf } from '../array/host.ts';
import type { Backend, Tensor } from '../backend/backend.ts';
import type { RepetitionConfig } from '../pyramid/repetition.ts';
import type { Schedule } from '../pyramid/schedule.ts';
import type { QuantizerLossConfig } from '../quantizer/losses.ts';
import type { Quantizer } from '../quantizer/vocabulary.ts';
import { decodeTensors } from '../tokenizer/decode.ts';
import { encodeVideo } from '../tokenizer/encode.ts';
import type { Uniforms } from '../sampler/uniforms.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { quantizeThrough } from './quantize-through.ts';

export interface TokenizerLossConfig {
  /** a */
  readonly l1_weight: number;
  /** c and R */
  readonly norm_weight: number;
  readonly norm_limit: number;
  /** n */
  readonly noise: number;
  /** d */
  readonly distance_weight: number;
  readonly quantizer: QuantizerLossConfig;
}

export interface TokenizerBatch {
  /** (B, 3, T, H, W) */
  readonly video: HostTensor;
  /** (B, 1, T, H, W): w, 1 everywhere unless given. */
  readonly weights?: HostTensor;
}

/** Continuous, with noise in the quantizer's place. */
export interface NoiseStage {
  readonly uniforms: Uniforms;
}

/** The discrete part. */
export interface QuantizerStage {
  readonly quantizer: Quantizer;
  readonly schedule: Schedule;
  readonly repetition: RepetitionConfig;
  /** Per sample, per scale of a clip (Q6). */
  readonly dropped: readonly (readonly boolean[])[];
}

export interface TokenizerLosses {
  /** (1) */
  readonly total: Tensor;
  /** mean (x − x̂)² without weights, (1): PSNR = 10·log₁₀(4/this). */
  readonly squares: Tensor;
  /** x̂, (B, 3, T, H, W) */
  readonly output: Tensor;
}

/** @param stage what is between encoder and decoder; nothing unless given. */
export async function tokenizerLoss(
  b: Backend,
  tokenizer: Tokenizer,
  { video, weights }: TokenizerBatch,
  stage: QuantizerStage | NoiseStage | undefined,
  config: TokenizerLossConfig,
): Promise<TokenizerLosses> {
  const features = await encodeVideo(b, tokenizer, video); // (B, C, t, h, w)
  const latent = stage !== undefined && 'quantizer' in stage
    ? await quantized(b, features, stage, config)
    : { codes: stage === undefined ? features : noisy(b, features, stage, config), loss: excessNorm(b, features, config) };
  const chunks: Tensor[] = [];
  for await (const chunk of decodeTensors(b, tokenizer, latent.codes)) chunks.push(chunk); // (B, 3, Tᵢ, H, W)
  return b.scope('reconstruction', async (s) => {
    const output = s.concat(chunks, 2); // (B, 3, T, H, W)
    const difference = s.sub(output, s.upload(video)); // (B, 3, T, H, W)
    const square = s.mul(difference, difference); // (B, 3, T, H, W)
    const error = s.add(square, s.affine(absolute(s, difference), config.l1_weight)); // (B, 3, T, H, W)
    const weighted = weights === undefined ? error : s.mul(error, s.upload(weights)); // (B, 3, T, H, W)
    return { total: s.add(mean(s, weighted), latent.loss), squares: mean(s, square), output };
  });
}

async function quantized(
  b: Backend,
  features: Tensor,
  { quantizer, schedule, repetition, dropped }: QuantizerStage,
  config: TokenizerLossConfig,
): Promise<{ codes: Tensor; loss: Tensor }> {
  const { codes, loss } = await quantizeThrough(b, quantizer, schedule, repetition, features, dropped, config.quantizer);
  const gap = b.sub(features, codes); // (B, C, t, h, w)
  const distance = b.affine(mean(b, b.mul(gap, gap)), features.shape[1] * config.distance_weight); // (1)
  return { codes, loss: b.add(loss, distance) };
}

/** z + U(−n, n), (B, C, t, h, w). */
function noisy(b: Backend, features: Tensor, { uniforms }: NoiseStage, { noise }: TokenizerLossConfig): Tensor {
  const draws = Float32Array.from(uniforms.next(sizeOf(features.shape)), (u) => (2 * u - 1) * noise);
  return b.add(features, b.upload(hostTensor(draws, features.shape))); // (B, C, t, h, w)
}

/** c·mean max(0, ‖z‖ − R)² over the cells, (1). */
function excessNorm(b: Backend, features: Tensor, { norm_weight, norm_limit }: TokenizerLossConfig): Tensor {
  const norm = b.sum(b.mul(features, b.l2Normalize(features, 1)), [1]); // (B, 1, t, h, w)
  const excess = b.map('relu', b.affine(norm, 1, -norm_limit)); // (B, 1, t, h, w)
  return b.affine(mean(b, b.mul(excess, excess)), norm_weight); // (1)
}

function absolute(b: Backend, x: Tensor): Tensor {
  return b.add(b.map('relu', x), b.map('relu', b.affine(x, -1))); // (…)
}

/** → (1) */
function mean(b: Backend, x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  return b.reshape(b.affine(b.sum(x, axes), 1 / sizeOf(x.shape)), [1]);
}
