/**
 * Scales of full spatial size: those whose (h, w) equals the last scale's. The first one ends the image pyramid.
 *
 * Source: infinity/schedules/dynamic_resolution.py:get_first_full_spatial_size_scale_index,
 * get_full_spatial_size_scale_indices. Spec P5.
 */

import type { Scale } from './scales.ts';

/** Indices of all scales of full size, in order: the last of each clip. */
export function fullSizeIndices(scales: readonly Scale[]): number[] {
  const last = scales.at(-1);
  return [...scales.keys()].filter((si) => scales[si][1] === last![1] && scales[si][2] === last![2]);
}

/** Index of the first scale of full size; −1 for an empty list. */
export function firstFullSizeIndex(scales: readonly Scale[]): number {
  return fullSizeIndices(scales)[0] ?? -1;
}
