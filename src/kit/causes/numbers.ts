/** What wrong values give away by themselves: the right ones scaled, shifted, turned, in another order, or of another output. */

import type { HostArray } from '../../array/host.ts';
import { rowMajor, sameShape } from '../../array/host.ts';
import type { Case } from '../../conform/case.ts';
import { isExplained } from './fit.ts';
import type { Difference } from './fit.ts';
import { ropeShift } from './rope-shift.ts';

const isRope = (output: string): boolean => /(^|\/)rope\d*$|^freqs_/.test(output);

export function numericCauses(c: Case, output: string, expected: HostArray, difference: Difference): string[] {
  const { got, right } = difference;
  const shape = expected.shape;
  const found = isRope(output) ? ropeCauses(shape, difference) : [];
  if (found.length === 0) found.push(...turned(shape, difference));
  const ratio = constant(right.length, (i) => (Math.abs(right[i]) > 1e-6 ? got[i] / right[i] : undefined));
  if (found.length === 0 && ratio !== undefined && !near(ratio, 1)) {
    found.push(near(ratio, -1) ? 'all values have the other sign' : `all values are ${ratio.toPrecision(4)} times the expected ones`);
  }
  const offset = constant(right.length, (i) => got[i] - right[i]);
  if (found.length === 0 && offset !== undefined && right.length > 1) found.push(`all values are ${offset.toPrecision(4)} off`);
  if (found.length === 0) found.push(...sameAsOther(c, output, difference));
  if (found.length === 0 && right.length > 2 && sameMultiset(got, right)) {
    found.push('the right values in another order: axes or channels are swapped');
  }
  return found;
}

/** Cosines, then sines of four axes: shifts of positions, exchanged axes, exchanged or negated halves. */
function ropeCauses(shape: readonly number[], difference: Difference): string[] {
  const { got, right } = difference;
  const half = right.length / 2;
  const is = (value: (i: number) => number): boolean => isExplained(difference, Float64Array.from(right, (_, i) => value(i)));
  if (is((i) => right[(i + half) % right.length])) return ['cosines and sines are swapped'];
  if (is((i) => (i < half ? right[i] : -right[i]))) return ['the rotation goes backwards: sines have the other sign'];
  const pairs = shape.at(-1)!;
  const part = pairs / 4;
  const axes = ['scale', 'time', 'height', 'width'];
  for (let a = 0; a < 4; a++) {
    for (let b = a + 1; b < 4; b++) {
      const other = (at: number): number => (at === a ? b : at === b ? a : at);
      const swapped = (i: number): number => i - (i % pairs) + other(Math.floor((i % pairs) / part)) * part + (i % part);
      if (pairs % 4 === 0 && is((i) => right[swapped(i)])) return [`the axes of ${axes[a]} and ${axes[b]} are swapped`];
    }
  }
  const shift = ropeShift(shape, got, right);
  return shift === undefined ? [] : [shift];
}

/** Axes that run backwards or are shifted by one, and swapped halves. */
function turned(shape: readonly number[], difference: Difference): string[] {
  const { got, right } = difference;
  for (const [axis, extent] of shape.entries()) {
    const inner = shape.slice(axis + 1).reduce((product, n) => product * n, 1);
    const at = (i: number): number => Math.floor(i / inner) % extent;
    const fits = (value: (i: number) => number): boolean => {
      return isExplained(difference, Float64Array.from({ length: right.length }, (_, i) => value(i)));
    };
    if (extent > 1 && fits((i) => right[i + (extent - 1 - 2 * at(i)) * inner])) {
      return [extent === 2 ? `the two halves along axis ${axis} are swapped` : `axis ${axis} runs backwards`];
    }
    for (const by of extent > 2 ? [1, -1] : []) {
      const from = (i: number): number => at(i) + by;
      if (fits((i) => (from(i) < 0 || from(i) >= extent ? got[i] : right[i + by * inner]))) return [`axis ${axis} is shifted by one`];
    }
  }
  return [];
}

/** Another expected output of the case, such as that of another repetition or head. */
function sameAsOther(c: Case, output: string, difference: Difference): string[] {
  const own = c.outputs.find(({ name }) => name === output);
  const stage = (name: string): string => name.replace(/\d+/g, '#');
  if (own === undefined) return [];
  const alike = c.outputs.filter(({ name }) => name !== output && stage(name) === stage(output));
  const others = alike.filter(({ shape }) => sameShape(shape, own.shape));
  const same = others.find(({ name }) => isExplained(difference, rowMajor(c.expected(name))));
  return same === undefined ? [] : [`it is what ${same.name} should be`];
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-5 + 1e-4 * Math.abs(b);
}

/** The value that all defined items share; at least two of them. */
function constant(count: number, item: (i: number) => number | undefined): number | undefined {
  let value: number | undefined;
  let seen = 0;
  for (let i = 0; i < count; i++) {
    const next = item(i);
    if (next === undefined) continue;
    if (value !== undefined && !near(next, value)) return undefined;
    value ??= next;
    seen += 1;
  }
  return seen > 1 ? value : undefined;
}

function sameMultiset(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  const [x, y] = [Float64Array.from(a).sort(), Float64Array.from(b).sort()];
  return new Set(y).size > y.length / 2 && x.every((value, i) => near(value, y[i]));
}
