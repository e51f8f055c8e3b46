/**
 * Two traces side by side: for every stage of the first, in the order of execution, how far the second's value is from it. The
 * first stage that differs is where two programs part; all later ones may follow from it.
 */

import { rowMajor, sameShape } from '../array/host.ts';
import type { HostArray } from '../array/host.ts';
import type { TraceReader } from './read.ts';

export interface StageDifference {
  readonly name: string;
  readonly step: string;
  /** `missing` from the second, of another `shape`, or compared. */
  readonly status: 'equal' | 'differs' | 'shape' | 'missing';
  /** Largest |a − b|; a value that is no number in one alone counts as infinite. */
  readonly largest: number;
  /** How many elements differ, and where the first one lies: an index per axis. */
  readonly count: number;
  readonly first?: readonly number[];
  readonly values?: readonly [number, number];
}

/** Yields a line for every stage of `a`. */
export async function* compareTraces(a: TraceReader, b: TraceReader): AsyncGenerator<StageDifference> {
  const others = new Map(b.stages.map((stage) => [stage.name, stage]));
  for (const { name, step, shape } of a.stages) {
    const other = others.get(name);
    if (other === undefined) yield { name, step, status: 'missing', largest: 0, count: 0 };
    else if (!sameShape(shape, other.shape)) yield { name, step, status: 'shape', largest: Infinity, count: 0 };
    else yield { name, step, ...difference(await a.value(name), await b.value(name)) };
  }
}

function difference(a: HostArray, b: HostArray): Omit<StageDifference, 'name' | 'step'> {
  const [x, y] = [rowMajor(a), rowMajor(b)];
  let [largest, count, first] = [0, 0, -1];
  for (let i = 0; i < x.length; i++) {
    if (Object.is(x[i], y[i]) || x[i] === y[i]) continue;
    const apart = Math.abs(x[i] - y[i]);
    largest = Math.max(largest, Number.isNaN(apart) ? Infinity : apart);
    if (first < 0) first = i;
    count += 1;
  }
  if (first < 0) return { status: 'equal', largest, count };
  return { status: 'differs', largest, count, first: indexOf(first, a.shape), values: [x[first], y[first]] };
}

/** A flat index as one per axis. */
function indexOf(flat: number, shape: readonly number[]): number[] {
  let rest = flat;
  return shape.toReversed().map((extent) => {
    const index = rest % extent;
    rest = Math.floor(rest / extent);
    return index;
  }).reverse();
}
