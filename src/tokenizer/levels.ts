/**
 * The levels of the autoencoder. Down block i leads from width `block_out_channels[i]` to `block_out_channels[i + 1]`
 * and up block n−1−i back. A block with an entry in either compression list halves the sides of the picture; one with
 * an entry in the temporal list also halves the number of frames; one with neither changes nothing but the values.
 *
 * Official infinity/models/videovae/models/wan_bsq_vae.py:CogVideoXEncoder3D, CogVideoXDecoder3D. Spec V7.
 */

import { ArgumentError } from '../errors.ts';
import type { TokenizerConfig } from '../model/config.ts';

export interface Level {
  /** Channels towards the pixels. */
  readonly outer: number;
  /** Channels towards the latent. */
  readonly inner: number;
  /** Whether sides are halved. */
  readonly resamples: boolean;
  /** By how much the number of frames is divided: 1 or 2. */
  readonly timeFactor: number;
}

/** Residual blocks between encoder and latent, and between latent and decoder. */
export const MID_LAYERS = 2;

/** Side of the patches that make a feature vector of the latent (spec V9). */
export const PATCH = 2;

/**
 * From the pixels to the latent.
 * @throws ArgumentError if the configuration makes no network.
 */
export function levelsOf(config: TokenizerConfig): Level[] {
  const { block_out_channels: widths, spatial_compression_list: spatial, temporal_compression_list: temporal } = config;
  for (const [name, list] of Object.entries({ spatial, temporal })) {
    const fits = list.length < widths.length && list.every((factor) => factor === 2);
    if (fits) continue;
    throw new ArgumentError(`${name}_compression_list`, `at most ${widths.length - 1} factors, all 2`, [...list]);
  }
  const counts = [config.in_channels, config.out_channels, config.latent_channels, config.layers_per_block, ...widths];
  if (widths.length < 2 || !counts.every((count) => Number.isInteger(count) && count > 0)) {
    const expected = 'positive whole numbers of channels and layers, two widths or more';
    throw new ArgumentError('tokenizer config', expected, counts);
  }
  return widths.slice(1).map((inner, i) => {
    const level = {
      outer: widths[i],
      inner,
      resamples: i < Math.max(spatial.length, temporal.length),
      timeFactor: temporal[i] ?? 1,
    };
    checkWidths(level, i);
    return level;
  });
}

/** The shortcuts of V4 and V5 need whole groups and whole repetitions of channels. */
function checkWidths({ outer, inner, resamples }: Level, i: number): void {
  const possible = resamples ? inner % 4 === 0 && (4 * outer) % inner === 0 : outer === inner;
  if (possible) return;
  const rule = resamples ? `a multiple of 4 that divides ${4 * outer}` : `${outer}, as this level does not resample`;
  throw new ArgumentError(`block_out_channels[${i + 1}]`, rule, inner);
}

/** Video frames in a latent frame, but for the first, which stands for one: 4 as released. */
export function framesPerLatent(config: TokenizerConfig): number {
  return levelsOf(config).reduce((product, level) => product * level.timeFactor, 1);
}

/** Pixels on a side of a feature: 16 as released. */
export function pixelsPerFeature(config: TokenizerConfig): number {
  return levelsOf(config).reduce((product, level) => product * (level.resamples ? 2 : 1), PATCH);
}

/** Channels of a feature: 64 as released. */
export function featureChannels(config: TokenizerConfig): number {
  return config.latent_channels * PATCH * PATCH;
}
