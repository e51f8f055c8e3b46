/** What one line can say of a tensor. */

import type { HostArray } from '../array/host.ts';
import { rowMajor } from '../array/host.ts';

export interface Statistics {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Root of the mean squared distance from the mean. */
  readonly std: number;
  /** How many values are infinite or not a number; the others are described. */
  readonly notFinite: number;
}

/** Of an empty tensor, or one without a finite value, all zero. */
export function statisticsOf(x: HostArray): Statistics {
  const values = rowMajor(x);
  let [min, max, sum, count] = [Infinity, -Infinity, 0, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
    count += 1;
  }
  if (count === 0) return { min: 0, max: 0, mean: 0, std: 0, notFinite: values.length };
  const mean = sum / count;
  let squares = 0;
  for (const value of values) if (Number.isFinite(value)) squares += (value - mean) ** 2;
  return { min, max, mean, std: Math.sqrt(squares / count), notFinite: values.length - count };
}
