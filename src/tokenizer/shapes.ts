/**
 * Every weight of the tokenizer: official state_dict key → shape, to check a checkpoint and to initialise one.
 *
 * The second pair of projections and the last three scales belong to a second resolution in the official training;
 * they are in the files, and nothing at inference uses them. The quantizer has no weights of its own but
 * for the optional projections of Q3, which are not listed here.
 *
 * Official infinity/models/videovae/models/wan_bsq_vae.py. Spec V7, V9, V10, Q8.
 */

import type { Shape } from '../array/host.ts';
import type { TokenizerConfig } from '../model/config.ts';
import { featureChannels, levelsOf, MID_LAYERS } from './levels.ts';

type Entry = readonly [key: string, shape: Shape];

/** @throws ArgumentError if the configuration makes no network. */
export function tokenizerShapes(config: TokenizerConfig): Map<string, Shape> {
  const features = featureChannels(config);
  const projections = ['proj_down', 'proj_down_two', 'proj_up', 'proj_up_two'];
  return new Map<string, Shape>([
    ['scale_learnable_parameters', [4]],
    ...encoder(config),
    ...decoder(config),
    ...projections.flatMap((key): Entry[] => [[`${key}.weight`, [features, features]], [`${key}.bias`, [features]]]),
  ]);
}

function encoder(config: TokenizerConfig): Entry[] {
  const levels = levelsOf(config);
  const { outer } = levels[0];
  const { inner } = levels.at(-1)!;
  return below('encoder', [
    ...conv('conv_in.conv', config.in_channels, outer, 3),
    ...levels.flatMap((level, i) =>
      below(`down_blocks.${i}`, [
        ...residualBlocks(config.layers_per_block, level.outer),
        ...(level.resamples ? resampler('downsamplers.0.conv', level.outer, level.inner / 4) : []),
      ]),
    ),
    ...below('mid_block', residualBlocks(MID_LAYERS, inner)),
    ...gamma('norm_out', inner),
    ...conv('conv_out.conv', inner, 2 * config.latent_channels, 3),
  ]);
}

function decoder(config: TokenizerConfig): Entry[] {
  const levels = levelsOf(config).reverse();
  const { inner } = levels[0];
  const { outer } = levels.at(-1)!;
  const z = config.latent_channels;
  return below('decoder', [
    ...conv('conv_in.conv', z, inner, 3),
    ...below('mid_block', residualBlocks(MID_LAYERS, inner, z)),
    ...levels.flatMap((level, i) =>
      below(`up_blocks.${i}`, [
        ...residualBlocks(config.layers_per_block + 1, level.inner, z),
        ...(level.resamples ? resampler('upsamplers.0.conv', level.inner, level.outer * 4 * level.timeFactor) : []),
      ]),
    ),
    ...conditioned('norm_out', outer, z),
    ...conv('conv_out.conv', outer, config.out_channels, 3),
  ]);
}

function residualBlocks(count: number, channels: number, z?: number): Entry[] {
  const norm = (key: string): Entry[] => (z === undefined ? gamma(key, channels) : conditioned(key, channels, z));
  return Array.from({ length: count }, (_, i) =>
    below(`resnets.${i}`, [
      ...norm('norm1'),
      ...norm('norm2'),
      ...conv('conv1.conv', channels, channels, 3),
      ...conv('conv2.conv', channels, channels, 3),
    ]),
  ).flat();
}

function resampler(key: string, input: number, output: number): Entry[] {
  return below(key, [...gamma('norm', input), ...conv('conv.conv', input, output, 3)]);
}

function conditioned(key: string, channels: number, z: number): Entry[] {
  return below(key, [
    ...gamma('norm_layer', channels),
    ...conv('conv_y.conv', z, channels, 1),
    ...conv('conv_b.conv', z, channels, 1),
  ]);
}

function conv(key: string, input: number, output: number, kernel: number): Entry[] {
  return [[`${key}.weight`, [output, input, kernel, kernel, kernel]], [`${key}.bias`, [output]]];
}

function gamma(key: string, channels: number): Entry[] {
  return [[`${key}.gamma`, [channels, 1, 1, 1]]];
}

function below(prefix: string, entries: readonly Entry[]): Entry[] {
  return entries.map(([key, shape]): Entry => [`${prefix}.${key}`, shape]);
}
