/**
 * Reads a recipe from JSON: the fields of recipe.ts under their names, no others, each within its bounds, and every stage
 * one that can be run.
 */

import { ArgumentError } from '../../errors.ts';
import { Fields } from '../../io/fields.ts';
import type { AdamWConfig } from '../adamw.ts';
import type { CriticsConfig } from '../critics/terms.ts';
import { parseAugmentation } from '../data/parse-augmentation.ts';
import type { LearningRateConfig } from '../learning-rate.ts';
import type { TokenizerLossConfig } from '../tokenizer-loss.ts';
import { atLeast, positive, share, whole } from './recipe-fields.ts';
import type { TokenizerRecipe, TokenizerStage, TransformerRecipe, TransformerStage } from './recipe.ts';

/** @throws ArgumentError naming the field that is wrong. */
export function parseTokenizerRecipe(value: unknown, where: string): TokenizerRecipe {
  const fields = new Fields(value, where);
  fields.only('stages', 'loss', 'adamw', 'decay', 'foreground', 'movement', 'augmentation', 'critics');
  return {
    stages: stagesOf(fields, tokenizerStage),
    loss: tokenizerLoss(fields.child('loss')),
    adamw: adamw(fields.child('adamw')),
    decay: share(fields, 'decay'),
    foreground: atLeast(fields, 'foreground', 0),
    ...(fields.has('movement') ? { movement: atLeast(fields, 'movement', 0) } : {}),
    ...(fields.has('critics') ? { critics: critics(fields.child('critics')) } : {}),
    ...(fields.has('augmentation') ? { augmentation: parseAugmentation(fields.child('augmentation')) } : {}),
  };
}

/** @throws ArgumentError naming the field that is wrong. */
export function parseTransformerRecipe(value: unknown, where: string): TransformerRecipe {
  const fields = new Fields(value, where);
  fields.only('stages', 'pictures', 'videos', 'adamw', 'decay', 'tokens', 'alike', 'strength', 'cond_drop_rate', 'reweight');
  const reweight = fields.child('reweight');
  reweight.only('reweight_loss_by_scale', 'max_reweight_value');
  return {
    stages: stagesOf(fields, transformerStage),
    pictures: whole(fields, 'pictures', 1),
    videos: whole(fields, 'videos', 1),
    adamw: adamw(fields.child('adamw')),
    decay: share(fields, 'decay'),
    tokens: whole(fields, 'tokens', 1),
    ...(fields.has('alike') && fields.boolean('alike') ? { alike: true } : {}),
    strength: share(fields, 'strength'),
    cond_drop_rate: share(fields, 'cond_drop_rate'),
    reweight: {
      reweight_loss_by_scale: atLeast(reweight, 'reweight_loss_by_scale', 0),
      max_reweight_value: positive(reweight, 'max_reweight_value'),
    },
  };
}

function stagesOf<S>(fields: Fields, parse: (stage: Fields) => S): S[] {
  const stages = fields.objects('stages');
  if (stages.length === 0) throw new ArgumentError(`${fields.where}.stages`, 'at least one stage', []);
  return stages.map(parse);
}

function tokenizerStage(fields: Fields): TokenizerStage {
  fields.only('name', 'steps', 'rate', 'quantized', 'videoShare', 'videos', 'frames', 'pictures', 'side', 'drop');
  const drop = fields.child('drop');
  drop.only('last', 'probability');
  const videoShare = share(fields, 'videoShare');
  const stage: TokenizerStage = {
    ...beginning(fields),
    quantized: fields.boolean('quantized'),
    videoShare,
    videos: whole(fields, 'videos', videoShare > 0 ? 1 : 0),
    frames: whole(fields, 'frames', 1),
    pictures: whole(fields, 'pictures', videoShare < 1 ? 1 : 0),
    ...(fields.has('side') ? { side: whole(fields, 'side', 1) } : {}),
    drop: { last: whole(drop, 'last', 0), probability: share(drop, 'probability') },
  };
  if (stage.quantized && stage.side !== undefined) {
    throw new ArgumentError(`${fields.where}.side`, 'none with the quantizer, whose pyramid is made for whole frames', stage.side);
  }
  return stage;
}

function transformerStage(fields: Fields): TransformerStage {
  fields.only('name', 'steps', 'rate', 'frames', 'turns', 'batch', 'pictures');
  const stage: TransformerStage = {
    ...beginning(fields),
    frames: whole(fields, 'frames', 1),
    turns: share(fields, 'turns'),
    batch: whole(fields, 'batch', 1),
  };
  if (!fields.has('pictures')) return stage;
  const pictures = fields.child('pictures');
  pictures.only('share', 'batch');
  const given = { share: share(pictures, 'share'), batch: whole(pictures, 'batch', 1) };
  if (given.share + stage.turns > 1) throw new ArgumentError(`${pictures.where}.share`, 'at most what turns leave of 1', given.share);
  return { ...stage, pictures: given };
}

function beginning(fields: Fields): { readonly name: string; readonly steps: number; readonly rate: LearningRateConfig } {
  const rate = fields.child('rate');
  rate.only('peak', 'warmUp', 'end');
  return {
    name: fields.string('name'),
    steps: whole(fields, 'steps', 1),
    rate: { peak: positive(rate, 'peak'), warmUp: whole(rate, 'warmUp', 0), end: share(rate, 'end') },
  };
}

function tokenizerLoss(fields: Fields): TokenizerLossConfig {
  fields.only('l1_weight', 'norm_weight', 'norm_limit', 'noise', 'distance_weight', 'quantizer');
  const quantizer = fields.child('quantizer');
  quantizer.only('commitment_loss_weight', 'entropy_weight', 'inv_temperature', 'gamma0', 'gamma', 'zeta');
  return {
    l1_weight: atLeast(fields, 'l1_weight', 0),
    norm_weight: atLeast(fields, 'norm_weight', 0),
    norm_limit: atLeast(fields, 'norm_limit', 0),
    noise: atLeast(fields, 'noise', 0),
    distance_weight: atLeast(fields, 'distance_weight', 0),
    quantizer: {
      commitment_loss_weight: atLeast(quantizer, 'commitment_loss_weight', 0),
      entropy_weight: atLeast(quantizer, 'entropy_weight', 0),
      inv_temperature: positive(quantizer, 'inv_temperature'),
      gamma0: atLeast(quantizer, 'gamma0', 0),
      gamma: atLeast(quantizer, 'gamma', 0),
      zeta: atLeast(quantizer, 'zeta', 0),
    },
  };
}

function critics(fields: Fields): CriticsConfig {
  fields.only('feature_weight', 'adversarial_weight', 'discriminator_widths');
  const widths = fields.numbers('discriminator_widths');
  if (widths.length === 0 || !widths.every((width) => Number.isInteger(width) && width > 0 && width <= 4096)) {
    throw new ArgumentError(`${fields.where}.discriminator_widths`, 'whole numbers of channels', widths);
  }
  const weights = { feature_weight: atLeast(fields, 'feature_weight', 0), adversarial_weight: atLeast(fields, 'adversarial_weight', 0) };
  if (weights.feature_weight + weights.adversarial_weight === 0) throw new ArgumentError(fields.where, 'a weight above 0', weights);
  return { ...weights, discriminator_widths: widths };
}

function adamw(fields: Fields): AdamWConfig {
  fields.only('betas', 'eps', 'weight_decay', 'clip');
  const betas = fields.numbers('betas');
  if (betas.length !== 2 || !betas.every((beta) => beta >= 0 && beta < 1)) {
    throw new ArgumentError(`${fields.where}.betas`, 'two numbers from 0 to less than 1', betas);
  }
  return {
    betas: [betas[0], betas[1]],
    eps: positive(fields, 'eps'),
    weight_decay: atLeast(fields, 'weight_decay', 0),
    clip: atLeast(fields, 'clip', 0),
  };
}
