/**
 * Likely causes of a divergence: first what the wrong values themselves give away (they are the right ones scaled,
 * shifted, in another order …), then the well-known pitfalls of the step, as far as the case's settings have them.
 */

import type { HostArray } from '../array/host.ts';
import { rowMajor } from '../array/host.ts';
import type { Case } from '../conform/case.ts';
import { pitfalls } from './pitfalls.ts';
import { ropeShift } from './rope-shift.ts';

/** Most likely first, at most four. */
export function likelyCauses(c: Case, output: string, step: string, got: ArrayLike<number>, expected: HostArray): string[] {
  const right = rowMajor(expected);
  const shape = expected.shape;
  const close = (values: (i: number) => number): boolean => {
    for (let i = 0; i < right.length; i++) if (!near(got[i], values(i))) return false;
    return true;
  };
  const found: string[] = [];
  const isRope = /(^|\/)rope\d*$|^freqs_text$/.test(output);
  const shift = isRope ? ropeShift(shape, got, right) : undefined;
  if (shift !== undefined) found.push(shift);
  for (const [axis, extent] of shape.entries()) {
    const inner = shape.slice(axis + 1).reduce((product, n) => product * n, 1);
    const at = (i: number): number => Math.floor(i / inner) % extent;
    if (extent > 1 && close((i) => right[i + (extent - 1 - 2 * at(i)) * inner])) {
      found.push(extent === 2 ? `the two halves along axis ${axis} are swapped` : `axis ${axis} runs backwards`);
    }
    const shifted = (by: number) => (i: number): number => {
      const from = at(i) + by;
      return from < 0 || from >= extent ? got[i] : right[i + by * inner];
    };
    if (extent > 2 && !isRope && (close(shifted(1)) || close(shifted(-1)))) found.push(`axis ${axis} is shifted by one`);
  }
  const ratio = constant(right.length, (i) => (Math.abs(right[i]) > 1e-6 ? got[i] / right[i] : undefined));
  if (ratio !== undefined && !near(ratio, 1)) found.push(`all values are ${ratio.toPrecision(4)} times the expected ones`);
  const offset = constant(right.length, (i) => got[i] - right[i]);
  if (offset !== undefined && right.length > 1) found.push(`all values are ${offset.toPrecision(4)} off`);
  if (found.length === 0 && right.length > 2 && sameMultiset(got, right)) {
    found.push('the right values in another order: axes or channels are swapped');
  }
  return [...found, ...pitfalls(c, step, output)].slice(0, 4);
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-5 + 1e-4 * Math.abs(b);
}

/** The value that all defined items share. */
function constant(count: number, item: (i: number) => number | undefined): number | undefined {
  let value: number | undefined;
  for (let i = 0; i < count; i++) {
    const next = item(i);
    if (next === undefined) continue;
    if (value !== undefined && !near(next, value)) return undefined;
    value ??= next;
  }
  return value;
}

function sameMultiset(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  const [x, y] = [Float64Array.from(a).sort(), Float64Array.from(b).sort()];
  return x.every((value, i) => near(value, y[i]));
}
