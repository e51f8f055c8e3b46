/** Numbers within bounds, of recipes. All throw an ArgumentError that names the field. */

import { ArgumentError } from '../../errors.ts';
import type { Fields } from '../../io/fields.ts';

export function atLeast(fields: Fields, key: string, least: number): number {
  return bounded(fields, key, `a number of at least ${least}`, (value) => value >= least);
}

export function positive(fields: Fields, key: string): number {
  return bounded(fields, key, 'a number above 0', (value) => value > 0);
}

export function share(fields: Fields, key: string): number {
  return bounded(fields, key, 'a number from 0 to 1', (value) => value >= 0 && value <= 1);
}

/** @param most a bound on what a typing error may ask for. */
export function whole(fields: Fields, key: string, least: number, most = 1e9): number {
  return bounded(fields, key, `a whole number from ${least} to ${most}`, (value) => Number.isInteger(value) && value >= least && value <= most);
}

function bounded(fields: Fields, key: string, expected: string, fits: (value: number) => boolean): number {
  const value = fields.number(key);
  if (!Number.isFinite(value) || !fits(value)) throw new ArgumentError(`${fields.where}.${key}`, expected, value);
  return value;
}
