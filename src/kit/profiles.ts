/**
 * Tolerances by the precision that a port computes in. float32: as the case says. bf16 and f16, for every element:
 *
 *   |got − expected| ≤ atol + 4·u·|expected|,   u half a unit in the last place of the type
 *
 * with atol five times what rounding does beyond that in this output when this implementation rounds where the official
 * code's autocast does (rounded-backend.ts), the history of bits being the case's own: measured by
 * scripts/half-tolerances.ts, kept in fixtures/kit/half-tolerances.json.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Case, ExpectedOutput } from '../conform/case.ts';
import { readJson } from '../conform/load.ts';
import { SIGNIFICAND } from './rounded-backend.ts';
import type { HalfPrecision } from './rounded-backend.ts';
import { packageRoot } from './version.ts';

export const PROFILES = ['float32', 'bf16', 'f16'] as const;
export type Profile = (typeof PROFILES)[number];

export interface Tolerance {
  readonly atol: number;
  readonly rtol: number;
}

/** Half a unit in the last place, relative. */
export const unitOf = (precision: HalfPrecision): number => 2 ** -SIGNIFICAND[precision];

export const HALF_SHARE = 4;

/** Id → output → [atol of bf16, atol of f16]. */
type Measured = Readonly<Record<string, Readonly<Record<string, readonly [number, number]>>>>;

let measured: Measured | undefined;

function measuredTolerances(): Measured {
  const file = join(packageRoot(), 'fixtures/kit/half-tolerances.json');
  measured ??= existsSync(file) ? readJson(file) as Measured : {};
  return measured;
}

/** Tolerances of the half-precision profiles, as a kit's case.json has them; none for integers and bits. */
export function halfTolerances(
  c: Case,
  { name, dtype }: ExpectedOutput,
  largest: number,
): Record<HalfPrecision, Tolerance> | undefined {
  // Frequencies are multiplied by positions of hundreds: in every precision they are float32.
  if (dtype !== 'float32' || c.kind === 'rope_frequencies') return undefined;
  const own = measuredTolerances()[c.id]?.[name];
  const make = (precision: HalfPrecision, i: number): Tolerance => {
    const unit = unitOf(precision);
    // What was not measured gets sixteen roundings of its largest value.
    return { atol: own?.[i] ?? 16 * unit * largest, rtol: HALF_SHARE * unit };
  };
  return { bf16: make('bf16', 0), f16: make('f16', 1) };
}
