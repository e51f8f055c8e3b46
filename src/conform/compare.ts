/**
 * Compares one result with its expected values: |got − expected| ≤ atol + rtol·|expected|, for every element.
 * Integers and bits have atol = rtol = 0, so they must be equal.
 */

import type { HostArray } from '../array/host.ts';
import { rowMajor, sameShape } from '../array/host.ts';
import type { ExpectedOutput } from './case.ts';

export interface Comparison {
  readonly name: string;
  readonly passed: boolean;
  readonly elements: number;
  /** How many elements are out of tolerance. */
  readonly failures: number;
  /** Largest |got − expected|. */
  readonly worstAbsolute: number;
  /** Largest |got − expected| / |expected| where expected is not 0. */
  readonly worstRelative: number;
  /** Largest |got − expected| / (atol + rtol·|expected|): above 1 it fails. Not for exact outputs. */
  readonly worstShare: number;
  /** The first element out of tolerance, in memory order. */
  readonly first?: { readonly index: readonly number[]; readonly got: number; readonly expected: number };
  /** What is wrong when the values cannot be compared at all. */
  readonly problem?: string;
}

/** A result that cannot be compared: absent, or of the wrong shape. */
export function incomparable(output: ExpectedOutput, problem: string): Comparison {
  const none = { elements: 0, failures: 0, worstAbsolute: 0, worstRelative: 0, worstShare: 0 };
  return { name: output.name, passed: false, ...none, problem };
}

export function compare(output: ExpectedOutput, got: HostArray, expected: HostArray): Comparison {
  if (!sameShape(got.shape, expected.shape)) {
    return incomparable(output, `shape [${got.shape.join(', ')}], expected [${expected.shape.join(', ')}]`);
  }
  const a = rowMajor(got);
  const b = rowMajor(expected);
  let failures = 0;
  let worstAbsolute = 0;
  let worstRelative = 0;
  let worstShare = 0;
  let first = -1;
  for (let i = 0; i < b.length; i++) {
    const error = Math.abs(a[i] - b[i]);
    const size = Math.abs(b[i]);
    const tolerance = output.atol + output.rtol * size;
    if (!(error <= tolerance)) {
      // also where `got` is not a number
      failures += 1;
      if (first < 0) first = i;
    }
    worstAbsolute = Math.max(worstAbsolute, error); // not a number stays so
    if (size > 0) worstRelative = Math.max(worstRelative, error / size);
    if (tolerance > 0) worstShare = Math.max(worstShare, error / tolerance);
  }
  return {
    name: output.name,
    passed: failures === 0,
    elements: b.length,
    failures,
    worstAbsolute,
    worstRelative,
    worstShare,
    ...(first < 0 ? {} : { first: { index: unravel(first, expected.shape), got: a[first], expected: b[first] } }),
  };
}

/** Flat row-major index → one index per axis. */
export function unravel(flat: number, shape: readonly number[]): number[] {
  const index = shape.map(() => 0);
  let rest = flat;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return index;
}
