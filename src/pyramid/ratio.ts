/**
 * Aspect ratio of the table for a picture: argmin over the rows of |h/w − ratio|, the first minimum in *table
 * order* (1, 0.861, 1.16, 0.753, …), so that a tie does not simply go to the smaller ratio.
 *
 * Source: infinity/schedules/dynamic_resolution.py:get_h_div_w_template2indices (argmin). Spec P1.
 */

import { ArgumentError } from '../errors.ts';
import { RATIO_TABLE } from './scales.ts';

/**
 * @param ratio height / width.
 * @returns the key of the nearest row of `RATIO_TABLE`.
 * @throws ArgumentError if the ratio is not a positive number.
 */
export function nearestRatio(ratio: number): number {
  if (!(ratio > 0 && ratio < Infinity)) throw new ArgumentError('ratio', 'a positive number, height / width', ratio);
  let nearest = RATIO_TABLE[0].ratio;
  for (const row of RATIO_TABLE) {
    if (Math.abs(ratio - row.ratio) < Math.abs(ratio - nearest)) nearest = row.ratio;
  }
  return nearest;
}
