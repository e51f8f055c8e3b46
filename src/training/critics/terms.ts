/**
 * The perceptual and adversarial terms of the tokenizer's training (§3.3; the official training code for them cannot run):
 *
 *     L ← L + f·L_features(x̂, x) + a·L_G(x̂)          f, a: weights; both 0 unless a recipe has them
 *
 * The discriminator learns beside the tokenizer, from the same batch, with the same optimizer and under one bound on the norm of
 * all gradients together.
 */

import type { HostTensor } from '../../array/host.ts';
import type { Backend, Tensor } from '../../backend/backend.ts';
import type { WeightStore } from '../../backend/weights.ts';
import { ArgumentError } from '../../errors.ts';
import { initializeTokenizer } from '../../model/initialize.ts';
import type { Values } from '../run/state.ts';
import { featureLoss } from './feature-loss.ts';
import type { FeatureNetwork } from './feature-loss.ts';
import { adversarialLoss, discriminatorShapes, ofDiscriminator } from './patch-discriminator.ts';

/** Of a recipe. */
export interface CriticsConfig {
  /** f; above 0 a feature network is needed. */
  readonly feature_weight: number;
  /** a */
  readonly adversarial_weight: number;
  /** Channels of the discriminator's layers. */
  readonly discriminator_widths: readonly number[];
}

export interface Critics {
  readonly config: CriticsConfig;
  readonly network?: FeatureNetwork;
}

/** @throws ArgumentError if the network is missing, or pictures of this size cannot be halved often enough. */
export function checkCritics({ config, network }: Critics, [height, width]: readonly number[]): void {
  if (config.feature_weight > 0 && network === undefined) {
    throw new ArgumentError('feature network', 'a file with its weights, as feature_weight is above 0', 'none');
  }
  const factor = 2 ** (config.adversarial_weight > 0 ? config.discriminator_widths.length : 0);
  if (height % factor !== 0 || width % factor !== 0) {
    throw new ArgumentError('discriminator_widths', `so many layers as ${width}×${height} can be halved`, config.discriminator_widths);
  }
}

/** The discriminator's first weights; none without an adversarial term. */
export function initialCritics({ config }: Critics, seed: number): Values {
  if (config.adversarial_weight === 0) return new Map();
  return initializeTokenizer(discriminatorShapes(config.discriminator_widths), seed + 1);
}

/** The discriminator's weights, and all others. */
export function splitCritics(parameters: Values): { readonly discriminator: Values; readonly others: Values } {
  const part = (own: boolean): Values => new Map([...parameters].filter(([key]) => ofDiscriminator(key) === own));
  return { discriminator: part(true), others: part(false) };
}

/** What is added to the loss, (1). @param weights with the discriminator's. */
export async function criticTerms(
  b: Backend,
  { config, network }: Critics,
  weights: WeightStore,
  video: HostTensor,
  output: Tensor,
): Promise<Tensor> {
  const terms: Tensor[] = [];
  if (config.feature_weight > 0) terms.push(b.affine(featureLoss(b, network!, output, b.upload(video)), config.feature_weight));
  if (config.adversarial_weight > 0) terms.push(b.affine(await adversarialLoss(b, weights, output), config.adversarial_weight));
  if (terms.length === 0) throw new ArgumentError('critics', 'a weight above 0', config);
  return terms.reduce((sum, term) => b.add(sum, term));
}
