/**
 * Base scales of the released pyramid: for an aspect ratio r = h/w and a side s, the grid of about s² cells
 *
 *   w = round(√(s²/r)),  h = round(√(s²/r)·r)       (both half to even)
 *
 * Source: §3.2; infinity/schedules/dynamic_resolution.py:get_ratio2hws_video_v2, get_full_ratio2hws. Spec P1.
 */

import { ArgumentError } from '../errors.ts';
import { roundHalfEven } from './rounding.ts';

/** One scale: latent frames, rows, columns. */
export type Scale = readonly [t: number, h: number, w: number];

/** Rows and columns of a grid of latent cells. */
export type Size = readonly [h: number, w: number];

/** Pixels along the side of a latent cell. */
export const CELL_PIXELS = 16;

/** Pixel budgets ("0.40M": about 0.4 million pixels, 480p), each with its number of scales. */
export const BUDGETS = { '0.06M': 11, '0.25M': 13, '0.40M': 14, '0.90M': 15 } as const;

export type Budget = keyof typeof BUDGETS;

/** One row of the table: all base scales of one aspect ratio, smallest first. */
export interface RatioRow {
  /** h/w of the last scale, cut to three decimals: the row's key. */
  readonly ratio: number;
  readonly sizes: readonly Size[];
}

const RATIOS = [1, 100 / 116, 3 / 4, 2 / 3, 9 / 16, 1 / 2, 2 / 5, 1 / 3];
const SIDES = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 24, 32, 40, 60];

/** (h, w) of about side² cells with h/w = ratio. */
export function baseSize(ratio: number, side: number): Size {
  const w = Math.sqrt((side * side) / ratio);
  return [roundHalfEven(w * ratio), roundHalfEven(w)];
}

/**
 * The released table, in the official order, on which the choice between equally near ratios rests: the square
 * row, then each landscape row followed by its transpose. A transposed row's key is cut from the inverse
 * of the real ratio, not from the other key: 0.562 = ⌊562.5⌋/1000 goes with 1.777, not 1.779.
 */
export const RATIO_TABLE: readonly RatioRow[] = RATIOS.flatMap((ratio) => {
  const sizes = SIDES.map((side) => baseSize(ratio, side));
  const [h, w] = sizes.at(-1)!;
  const row = { ratio: key(h / w), sizes };
  if (ratio === 1) return [row];
  return [row, { ratio: key(1 / (h / w)), sizes: sizes.map(([rows, columns]): Size => [columns, rows]) }];
});

function key(ratio: number): number {
  return Math.trunc(ratio * 1000) / 1000;
}

/**
 * Base scales of a table row within a pixel budget, smallest first.
 * @param ratio a key of {@link RATIO_TABLE}; see `nearestRatio`.
 * @throws ArgumentError if the ratio is no key or the budget is unknown.
 */
export function baseScales(ratio: number, budget: string): readonly Size[] {
  const row = RATIO_TABLE.find((candidate) => candidate.ratio === ratio);
  if (row === undefined) {
    throw new ArgumentError('ratio', `one of ${RATIO_TABLE.map((candidate) => candidate.ratio).join(', ')}`, ratio);
  }
  if (!isBudget(budget)) throw new ArgumentError('budget', `one of ${Object.keys(BUDGETS).join(', ')}`, budget);
  return row.sizes.slice(0, BUDGETS[budget]);
}

function isBudget(name: string): name is Budget {
  return Object.hasOwn(BUDGETS, name);
}

/** Ten times the largest released schedule. */
const [MOST_SCALES, MOST_CELLS] = [4096, 2 ** 22];

/**
 * Checks a list of [t, h, w] read from a file.
 * @throws ArgumentError if it is not a non-empty list of triples of positive integers, or absurdly long or large.
 */
export function scalesFrom(value: unknown, argument: string): readonly Scale[] {
  const isScale = (item: unknown): item is Scale =>
    Array.isArray(item) && item.length === 3 && item.every((extent) => Number.isSafeInteger(extent) && extent > 0);
  if (Array.isArray(value) && value.length > 0 && value.length <= MOST_SCALES && value.every(isScale)) {
    if (value.reduce((sum, [t, h, w]) => sum + t * h * w, 0) <= MOST_CELLS) return value;
    throw new ArgumentError(argument, `at most ${MOST_CELLS} cells in all`, value);
  }
  throw new ArgumentError(argument, 'a list of [t, h, w], positive integers', value);
}
