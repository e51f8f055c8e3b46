/** Weights are numbers: one that is infinite or not a number would spoil every result without a word. */

import { rowMajor } from '../array/host.ts';
import type { StoredValues } from '../array/stored.ts';
import { isHalf, widened } from '../array/stored.ts';
import { WeightError } from '../errors.ts';

/** @throws WeightError saying how many values of the weight are not finite. */
export function checkFinite(key: string, values: StoredValues): void {
  const count = isHalf(values) ? notFiniteHalves(values.bits, values.type === 'f16' ? 0x7c00 : 0x7f80) : notFinite(values);
  if (count > 0) throw new WeightError(key, `${count} of its values are infinite or not a number`);
}

/** Where all bits of the exponent are set. */
function notFiniteHalves(bits: Uint16Array, exponent: number): number {
  let count = 0;
  for (let i = 0; i < bits.length; i++) if ((bits[i] & exponent) === exponent) count++;
  return count;
}

function notFinite(values: StoredValues): number {
  // One sum tells of most weights that all of their values are finite; blocks are widened for it.
  const numbers = rowMajor(widened(values));
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += numbers[i] * 0;
  return sum === 0 ? 0 : numbers.filter((value) => !Number.isFinite(value)).length;
}
