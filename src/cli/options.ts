/** Parsers of option values, shared by the commands. */

import { InvalidArgumentError } from 'commander';

/** A whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`expected a whole number of at least ${least}.`);
    }
    return value;
  };
}

/** A finite number above `bound`, or at least that when `inclusive`. */
export function numberAbove(bound: number, inclusive = false): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (!Number.isFinite(value) || value < bound || (value === bound && !inclusive)) {
      throw new InvalidArgumentError(`expected a number ${inclusive ? 'of at least' : 'above'} ${bound}.`);
    }
    return value;
  };
}
